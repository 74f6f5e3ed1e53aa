"""Words for every setting: a label, a reason, and names for what can be chosen."""

from __future__ import annotations

from martlive_desktop.ui.settings_marks import QT_TRANSLATE_NOOP, Words
from martlive_desktop.ui.settings_signal_words import SIGNAL_WORDS

WORDS: dict[str, Words] = {
    "schema_version": Words(
        QT_TRANSLATE_NOOP("Settings", "Version of the settings"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "MartLive counts this up when a setting gets a new meaning, and brings older settings up by itself.",
        ),
    ),
    "app.language": Words(
        QT_TRANSLATE_NOOP("Settings", "Language of the windows"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "The language of MartLive’s own words; what you say is recognised in whatever language you set for "
            "the show.",
        ),
    ),
    "app.first_run": Words(
        QT_TRANSLATE_NOOP("Settings", "First steps"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "They set up your microphone, the picture, the keys and the models; go through them again whenever "
            "you like.",
        ),
    ),
    "coach.policy.is_novice": Words(
        QT_TRANSLATE_NOOP("Settings", "I am new to this"),
        QT_TRANSLATE_NOOP("Settings", "You get fewer tips, because a beginner has less attention to spare."),
    ),
    "coach.policy.gap_ms": Words(
        QT_TRANSLATE_NOOP("Settings", "Rest between two tips"),
        QT_TRANSLATE_NOOP("Settings", "Two words every 20 seconds help a speaker; a steady stream of them does not."),
    ),
    "coach.policy.window_tips": Words(
        QT_TRANSLATE_NOOP("Settings", "Most tips in a while"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "So many tips come within the time below at most; what is urgent or can cost you the account comes "
            "all the same.",
        ),
    ),
    "coach.policy.novice_window_tips": Words(
        QT_TRANSLATE_NOOP("Settings", "Most tips in a while for a beginner"),
        QT_TRANSLATE_NOOP("Settings", "The same while “I am new to this” is on."),
    ),
    "coach.policy.window_ms": Words(
        QT_TRANSLATE_NOOP("Settings", "The while in which tips are counted"),
        QT_TRANSLATE_NOOP("Settings", "The two limits above hold for any stretch of this length."),
    ),
    "coach.policy.quiet_start_ms": Words(
        QT_TRANSLATE_NOOP("Settings", "Quiet start"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Before that, only something urgent is said: the first words of a show are yours.",
        ),
    ),
    "coach.policy.screen_ms": Words(
        QT_TRANSLATE_NOOP("Settings", "A tip stays for"),
        QT_TRANSLATE_NOOP("Settings", "Eight words are read in two seconds, and your eyes must come back to it first."),
    ),
    "coach.policy.least_screen_ms": Words(
        QT_TRANSLATE_NOOP("Settings", "A tip stays at least"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "A tip that you have followed does not leave before: a card that only flashes disturbs.",
        ),
    ),
    "coach.policy.breakpoint_ms": Words(
        QT_TRANSLATE_NOOP("Settings", "A breath"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "A silence this long is a good moment for a tip; at such a moment it interrupts a third to a half less.",
        ),
    ),
    "coach.policy.wait_now_ms": Words(
        QT_TRANSLATE_NOOP("Settings", "Pressing tips wait for a breath"),
        QT_TRANSLATE_NOOP("Settings", "So long at most; then they come anyway."),
    ),
    "coach.policy.wait_next_ms": Words(
        QT_TRANSLATE_NOOP("Settings", "Other tips wait for a breath"),
        QT_TRANSLATE_NOOP("Settings", "So long at most; then they are dropped, because they are about the past."),
    ),
    "coach.policy.half_life_ms": Words(
        QT_TRANSLATE_NOOP("Settings", "A waiting tip loses half its weight in"),
        QT_TRANSLATE_NOOP("Settings", "What has just happened matters more than what happened before it."),
    ),
    "coach.policy.heed_ms": Words(
        QT_TRANSLATE_NOOP("Settings", "Time to follow a tip"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "If nothing has changed after it, the tip counts as not followed; you can finish your sentence in it.",
        ),
    ),
    "coach.policy.unheeded_limit": Words(
        QT_TRANSLATE_NOOP("Settings", "Give up on a kind of tip after"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "After so many tips of a kind that you did not follow, it is only in the report.",
        ),
    ),
    "coach.policy.unheeded_factor": Words(
        QT_TRANSLATE_NOOP("Settings", "Rarer when you do not follow"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "A kind of tip waits so many times longer after one that you did not follow; follow one, and it is "
            "as before.",
        ),
    ),
    "coach.policy.dismissed_factor": Words(
        QT_TRANSLATE_NOOP("Settings", "Rarer when you send one away"),
        QT_TRANSLATE_NOOP("Settings", "A kind of tip waits so many times longer after one that you sent away."),
    ),
    "coach.policy.off_kinds": Words(
        QT_TRANSLATE_NOOP("Settings", "Tips that never come"),
        QT_TRANSLATE_NOOP("Settings", "Tick what you do not want to be told; it is still in the report."),
    ),
    "coach.policy.live_report_kinds": Words(
        QT_TRANSLATE_NOOP("Settings", "Quiet tips that come live"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "These are for the report after the show; tick those that you want to see while you are live.",
        ),
    ),
    "coach.language": Words(
        QT_TRANSLATE_NOOP("Settings", "Language of the tips"),
        QT_TRANSLATE_NOOP(
            "Settings", "From the next show on. What you could say instead stays in the language that you speak."
        ),
    ),
    "coach.writer": Words(
        QT_TRANSLATE_NOOP("Settings", "Who words the tips"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "The rules always decide; a language model on this computer may find fresher words, and waits 1.5 "
            "seconds at most.",
        ),
    ),
    "coach.model": Words(
        QT_TRANSLATE_NOOP("Settings", "Language model"),
        QT_TRANSLATE_NOOP("Settings", "It words the tips, if you chose that above."),
    ),
    "coach.show_model": Words(
        QT_TRANSLATE_NOOP("Settings", "Show what the language model does"),
        QT_TRANSLATE_NOOP("Settings", "A window with what it is asked and what it answers."),
    ),
    "coach.platform": Words(
        QT_TRANSLATE_NOOP("Settings", "Platform with its own rules"),
        QT_TRANSLATE_NOOP("Settings", "What this platform forbids or allows is watched beside the usual rules."),
    ),
    "coach.do_not_say": Words(
        QT_TRANSLATE_NOOP("Settings", "Words to avoid"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "One word or phrase a line, for every show; each product of your plan can have its own.",
        ),
    ),
    "recogniser.language": Words(
        QT_TRANSLATE_NOOP("Settings", "You speak"),
        QT_TRANSLATE_NOOP("Settings", "A code such as en or zh, or auto; a plan that names its language goes first."),
    ),
    "recogniser.model": Words(
        QT_TRANSLATE_NOOP("Settings", "Speech model"),
        QT_TRANSLATE_NOOP("Settings", "Larger ones hear better and need more of your computer."),
    ),
    "recogniser.small_model": Words(
        QT_TRANSLATE_NOOP("Settings", "Speech model when the computer is busy"),
        QT_TRANSLATE_NOOP("Settings", "It takes over in English shows while a game or OBS needs the machine."),
    ),
    "recogniser.pace": Words(
        QT_TRANSLATE_NOOP("Settings", "How soon words come"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Words at once need the most of your computer; after each sentence, a quarter of it.",
        ),
    ),
    "recogniser.device": Words(
        QT_TRANSLATE_NOOP("Settings", "Where speech is recognised"),
        QT_TRANSLATE_NOOP("Settings", "On a graphics card where there is one that can, or always on the processor."),
    ),
    "recogniser.largest_on_gpu": Words(
        QT_TRANSLATE_NOOP("Settings", "Largest model on the graphics card"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "A graphics card takes the largest speech model that you have and that fits into its memory.",
        ),
    ),
    "recogniser.threads": Words(
        QT_TRANSLATE_NOOP("Settings", "Processor threads"),
        QT_TRANSLATE_NOOP("Settings", "One leaves the others to your game and your stream."),
    ),
    "microphone.device": Words(
        QT_TRANSLATE_NOOP("Settings", "Microphone"),
        QT_TRANSLATE_NOOP("Settings", "What MartLive listens to; take the one that your viewers hear."),
    ),
    "microphone.watch_echo": Words(
        QT_TRANSLATE_NOOP("Settings", "Watch for an echo"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "What the computer plays is compared with your microphone; nothing of it is kept.",
        ),
    ),
    "screen.source": Words(
        QT_TRANSLATE_NOOP("Settings", "Watched picture"),
        QT_TRANSLATE_NOOP("Settings", "OBS shows exactly what viewers see; the picture is measured and never kept."),
    ),
    "screen.monitor": Words(
        QT_TRANSLATE_NOOP("Settings", "Watched monitor"),
        QT_TRANSLATE_NOOP("Settings", "For “A monitor” above."),
    ),
    "screen.window": Words(
        QT_TRANSLATE_NOOP("Settings", "Watched window"),
        QT_TRANSLATE_NOOP("Settings", "Its title or a part of it, for “A window” above."),
    ),
    "screen.region": Words(
        QT_TRANSLATE_NOOP("Settings", "Watched part of the desktop"),
        QT_TRANSLATE_NOOP("Settings", "For “A part of the desktop” above; drag over it on the screen."),
    ),
    "chat.twitch": Words(
        QT_TRANSLATE_NOOP("Settings", "Twitch channel"),
        QT_TRANSLATE_NOOP("Settings", "Its chat is read without an account; leave it empty if you are not there."),
    ),
    "chat.region": Words(
        QT_TRANSLATE_NOOP("Settings", "Chat on the picture"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Drag over the chat in the watched picture, and viewers’ questions are read off it, on any platform.",
        ),
    ),
    "obs.is_on": Words(
        QT_TRANSLATE_NOOP("Settings", "Talk to OBS"),
        QT_TRANSLATE_NOOP("Settings", "MartLive looks at what OBS sends out, and can follow the stream."),
    ),
    "obs.host": Words(
        QT_TRANSLATE_NOOP("Settings", "Computer with OBS"),
        QT_TRANSLATE_NOOP("Settings", "127.0.0.1 is this one."),
    ),
    "obs.port": Words(
        QT_TRANSLATE_NOOP("Settings", "Port of OBS"),
        QT_TRANSLATE_NOOP("Settings", "As in OBS under Tools, WebSocket Server Settings."),
    ),
    "obs.follows_stream": Words(
        QT_TRANSLATE_NOOP("Settings", "The show follows the stream"),
        QT_TRANSLATE_NOOP("Settings", "It begins when you go live in OBS and ends with the stream."),
    ),
    "obs.warns_muted": Words(
        QT_TRANSLATE_NOOP("Settings", "Say when OBS has me muted"),
        QT_TRANSLATE_NOOP("Settings", "You get a tip if you speak while OBS has your microphone muted."),
    ),
    "obs.captions": Words(
        QT_TRANSLATE_NOOP("Settings", "Captions for viewers"),
        QT_TRANSLATE_NOOP("Settings", "What you say goes out as closed captions, where your platform takes them."),
    ),
    "remote.url": Words(
        QT_TRANSLATE_NOOP("Settings", "Address"),
        QT_TRANSLATE_NOOP("Settings", "It begins with https://; http:// is for a coach on this very computer."),
    ),
    "remote.coach": Words(
        QT_TRANSLATE_NOOP("Settings", "It words your tips"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "What a tip is about leaves this computer: a price, a product, a viewer’s question and name.",
        ),
    ),
    "remote.recognition": Words(
        QT_TRANSLATE_NOOP("Settings", "It recognises your speech"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "From the next show on, the sound of your microphone leaves this computer; off stops it at once.",
        ),
    ),
    "downloads.mirror": Words(
        QT_TRANSLATE_NOOP("Settings", "Mirror for models"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "A server that is asked first, with a folder for each model; leave it empty to use the usual places.",
        ),
    ),
    "downloads.proxy": Words(
        QT_TRANSLATE_NOOP("Settings", "Proxy for downloads"),
        QT_TRANSLATE_NOOP("Settings", "Every download goes through it; empty, MartLive does as your system does."),
    ),
    "downloads.offline_folder": Words(
        QT_TRANSLATE_NOOP("Settings", "Folder with models"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "A stick or a shared folder with a folder for each model; it is asked before the internet.",
        ),
    ),
    "updates.check_at_start": Words(
        QT_TRANSLATE_NOOP("Settings", "Look for a newer MartLive at the start"),
        QT_TRANSLATE_NOOP("Settings", "Only that question leaves this computer; nothing is fetched before you say so."),
    ),
    "overlay.theme": Words(
        QT_TRANSLATE_NOOP("Settings", "Colours"),
        QT_TRANSLATE_NOOP("Settings", "Of the overlay and of MartLive’s windows."),
    ),
    "overlay.opacity": Words(
        QT_TRANSLATE_NOOP("Settings", "Opacity of the overlay"),
        QT_TRANSLATE_NOOP("Settings", "Less lets what is beneath show through; below 20 % nobody finds it again."),
    ),
    "overlay.font_px": Words(
        QT_TRANSLATE_NOOP("Settings", "Size of the text"),
        QT_TRANSLATE_NOOP("Settings", "Of a tip’s words; everything else on the overlay grows with it."),
    ),
    "overlay.layout": Words(
        QT_TRANSLATE_NOOP("Settings", "Shape of the overlay"),
        QT_TRANSLATE_NOOP("Settings", "The line is thin until a tip comes."),
    ),
    "overlay.click_through": Words(
        QT_TRANSLATE_NOOP("Settings", "Clicks go through it"),
        QT_TRANSLATE_NOOP("Settings", "They reach the window beneath; the keys do the rest."),
    ),
    "overlay.locked": Words(
        QT_TRANSLATE_NOOP("Settings", "Hold it in place"),
        QT_TRANSLATE_NOOP("Settings", "It stays where it is, whatever you drag."),
    ),
    "overlay.x": Words(
        QT_TRANSLATE_NOOP("Settings", "Place of the overlay"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Drag it where you like it: it finds the edge by itself and remembers its place on each monitor.",
        ),
    ),
    "overlay.y": Words(
        QT_TRANSLATE_NOOP("Settings", "Height on the desktop"),
        QT_TRANSLATE_NOOP("Settings", "It follows when you drag the overlay."),
    ),
    "overlay.always_on_top": Words(
        QT_TRANSLATE_NOOP("Settings", "Above every other window"),
        QT_TRANSLATE_NOOP("Settings", "Without it, other windows can cover your tips."),
    ),
    "overlay.hide_from_capture": Words(
        QT_TRANSLATE_NOOP("Settings", "Leave it out of recordings"),
        QT_TRANSLATE_NOOP("Settings", "MartLive asks your system for it; not every system can."),
    ),
    "overlay.monitor": Words(
        QT_TRANSLATE_NOOP("Settings", "Monitor of the overlay"),
        QT_TRANSLATE_NOOP("Settings", "The one where you dragged it last."),
    ),
    "overlay.places": Words(
        QT_TRANSLATE_NOOP("Settings", "Places on each monitor"),
        QT_TRANSLATE_NOOP("Settings", "MartLive remembers them when you drag the overlay."),
    ),
    "overlay.reduced_motion": Words(
        QT_TRANSLATE_NOOP("Settings", "Less motion"),
        QT_TRANSLATE_NOOP("Settings", "Tips appear and leave without moving or fading."),
    ),
    "stream.is_open": Words(
        QT_TRANSLATE_NOOP("Settings", "Open the stream window"),
        QT_TRANSLATE_NOOP("Settings", "A window for OBS with what viewers may see, and nothing that is only for you."),
    ),
    "stream.size": Words(
        QT_TRANSLATE_NOOP("Settings", "Size of the stream window"),
        QT_TRANSLATE_NOOP("Settings", "As your stream: wide, tall, or a bar over the picture."),
    ),
    "stream.browser_source": Words(
        QT_TRANSLATE_NOOP("Settings", "Page for OBS’s browser source"),
        QT_TRANSLATE_NOOP("Settings", "The same cards as a page, which only this computer can open."),
    ),
    "stream.browser_port": Words(
        QT_TRANSLATE_NOOP("Settings", "Port of that page"),
        QT_TRANSLATE_NOOP("Settings", "Change it if another program uses it."),
    ),
    "show.plan": Words(
        QT_TRANSLATE_NOOP("Settings", "Show plan"),
        QT_TRANSLATE_NOOP("Settings", "The one that you saved last; it opens by itself when MartLive starts."),
    ),
    "keeping.audio": Words(
        QT_TRANSLATE_NOOP("Settings", "Keep the sound of your shows"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "To hear a moment again in the report; it is encrypted, and only this computer can open it.",
        ),
    ),
    "keeping.audio_days": Words(
        QT_TRANSLATE_NOOP("Settings", "Keep sound for"),
        QT_TRANSLATE_NOOP("Settings", "Then it is deleted; the words and the report stay."),
    ),
    "keeping.session_days": Words(
        QT_TRANSLATE_NOOP("Settings", "Keep shows for"),
        QT_TRANSLATE_NOOP("Settings", "Then a show is deleted with its report and sound; 0 keeps all of them."),
    ),
    "keeping.most_gb": Words(
        QT_TRANSLATE_NOOP("Settings", "Room for all shows"),
        QT_TRANSLATE_NOOP("Settings", "When they need more, the oldest are deleted; an hour of sound takes 9 MB."),
    ),
    "hotkeys.toggle": Words(
        QT_TRANSLATE_NOOP("Settings", "Coaching on and off"),
        QT_TRANSLATE_NOOP("Settings", "No tips come while it is off."),
    ),
    "hotkeys.hide_all": Words(
        QT_TRANSLATE_NOOP("Settings", "Hide everything at once"),
        QT_TRANSLATE_NOOP("Settings", "All that is only for you leaves the screen, now."),
    ),
    "hotkeys.dismiss": Words(
        QT_TRANSLATE_NOOP("Settings", "Send the tip away"),
        QT_TRANSLATE_NOOP("Settings", "The tip on the screen goes, and its kind comes more rarely."),
    ),
    "hotkeys.repeat_tip": Words(
        QT_TRANSLATE_NOOP("Settings", "The last tip again"),
        QT_TRANSLATE_NOOP("Settings", "It comes once more, if you missed it."),
    ),
    "hotkeys.next_item": Words(
        QT_TRANSLATE_NOOP("Settings", "The next item is on"),
        QT_TRANSLATE_NOOP("Settings", "MartLive goes on to the next product of your plan."),
    ),
    "hotkeys.mark": Words(
        QT_TRANSLATE_NOOP("Settings", "Mark this moment"),
        QT_TRANSLATE_NOOP("Settings", "You find it again after the show."),
    ),
    "hotkeys.show_hide": Words(
        QT_TRANSLATE_NOOP("Settings", "Show and hide the overlay"),
        QT_TRANSLATE_NOOP("Settings", "The overlay alone; coaching goes on."),
    ),
    "hotkeys.click_through": Words(
        QT_TRANSLATE_NOOP("Settings", "Clicks through the overlay"),
        QT_TRANSLATE_NOOP("Settings", "They go to the window beneath, or to the overlay again."),
    ),
    "hotkeys.pause_screen": Words(
        QT_TRANSLATE_NOOP("Settings", "Look away from the screen"),
        QT_TRANSLATE_NOOP("Settings", "Watching the picture pauses, and goes on when you press it again."),
    ),
    **SIGNAL_WORDS,
}
"""By field, as in `overlay.font_px`."""

EXTRA_WORDS: dict[str, Words] = {
    "@obs.password": Words(
        QT_TRANSLATE_NOOP("Settings", "Password of OBS"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "It is in OBS under Tools, WebSocket Server Settings; MartLive keeps it in your system’s keyring, "
            "never in a file.",
        ),
    ),
    "@obs.connect": Words(
        QT_TRANSLATE_NOOP("Settings", "Connection"),
        QT_TRANSLATE_NOOP("Settings", "Try it now, with what stands above."),
    ),
    "@remote.key": Words(
        QT_TRANSLATE_NOOP("Settings", "Key of the remote coach"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Whoever runs the coach gives it to you; MartLive keeps it in your system’s keyring, never in a file.",
        ),
    ),
    "@remote.check": Words(
        QT_TRANSLATE_NOOP("Settings", "Connection"),
        QT_TRANSLATE_NOOP("Settings", "Try it now, with what stands above; nothing of yours is sent."),
    ),
    "@component.speech": Words(
        QT_TRANSLATE_NOOP("Settings", "Speech on your graphics card"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Your graphics card can recognise speech, sooner and with larger models; it needs libraries of its maker, "
            "which MartLive fetches for you.",
        ),
    ),
    "@updates.check": Words(
        QT_TRANSLATE_NOOP("Settings", "A newer MartLive"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "It is fetched while no show runs, tried, and starts the next time; the old one stays beside it.",
        ),
    ),
    "@autostart": Words(
        QT_TRANSLATE_NOOP("Settings", "Start with the computer"),
        QT_TRANSLATE_NOOP("Settings", "MartLive is there when you log in."),
    ),
}
"""Of what is set in the window and kept elsewhere than in the settings."""

HIDDEN: dict[str, str] = {
    "schema_version": "MartLive keeps it; another number would be refused.",
    "overlay.y": "Dragging the overlay sets it, together with overlay.x.",
    "overlay.monitor": "Dragging the overlay sets it.",
    "overlay.places": "Dragging the overlay sets it, once for each monitor.",
}
"""Settings that have no row, with the reason."""

ELSEWHERE: dict[str, str] = {
    "app.first_run": QT_TRANSLATE_NOOP("Settings", "Go through them again…"),
    "overlay.x": QT_TRANSLATE_NOOP("Settings", "Back to the top right"),
    "screen.region": QT_TRANSLATE_NOOP("Settings", "Choose on the screen…"),
    "chat.region": QT_TRANSLATE_NOOP("Settings", "Choose on the picture…"),
    "show.plan": QT_TRANSLATE_NOOP("Settings", "Open the plan…"),
}
"""Settings that are chosen in another window, with the button that leads there: nobody writes a rectangle by hand."""

NEVER_RESET = frozenset({"app.first_run", "overlay.x", *HIDDEN})
"""Settings that say how far things are, not what the user likes."""

CHOICE_WORDS: dict[str, dict[str, str]] = {
    "app.language": {
        "": QT_TRANSLATE_NOOP("Settings", "As the computer"),
        "en": "English",
        "zh_CN": "简体中文",
    },
    "coach.language": {
        "": QT_TRANSLATE_NOOP("Settings", "As you speak"),
        "en": "English",
        "zh": "简体中文",
    },
    "coach.writer": {
        "rules": QT_TRANSLATE_NOOP("Settings", "The rules alone"),
        "local": QT_TRANSLATE_NOOP("Settings", "A model on this computer"),
    },
    "coach.platform": {
        "": QT_TRANSLATE_NOOP("Settings", "None"),
        "tiktok": "TikTok",
        "twitch": "Twitch",
        "youtube": "YouTube",
    },
    "recogniser.pace": {
        "fast": QT_TRANSLATE_NOOP("Settings", "At once"),
        "economy": QT_TRANSLATE_NOOP("Settings", "A little later"),
        "finals": QT_TRANSLATE_NOOP("Settings", "After each sentence"),
    },
    "recogniser.device": {
        "auto": QT_TRANSLATE_NOOP("Settings", "Graphics card, if it can"),
        "cuda": QT_TRANSLATE_NOOP("Settings", "Graphics card"),
        "cpu": QT_TRANSLATE_NOOP("Settings", "Processor"),
    },
    "screen.source": {
        "obs": "OBS",
        "monitor": QT_TRANSLATE_NOOP("Settings", "A monitor"),
        "window": QT_TRANSLATE_NOOP("Settings", "A window"),
        "region": QT_TRANSLATE_NOOP("Settings", "A part of the desktop"),
        "none": QT_TRANSLATE_NOOP("Settings", "Nothing"),
    },
    "overlay.theme": {
        "dark": QT_TRANSLATE_NOOP("Settings", "Dark glass"),
        "light": QT_TRANSLATE_NOOP("Settings", "Light glass"),
        "contrast": QT_TRANSLATE_NOOP("Settings", "High contrast"),
        "opaque": QT_TRANSLATE_NOOP("Settings", "Dark, not see-through"),
    },
    "overlay.layout": {
        "full": QT_TRANSLATE_NOOP("Settings", "Card and strip"),
        "compact": QT_TRANSLATE_NOOP("Settings", "A thin line"),
    },
    "stream.size": {
        "landscape": QT_TRANSLATE_NOOP("Settings", "Landscape, 1920 × 1080"),
        "portrait": QT_TRANSLATE_NOOP("Settings", "Portrait, 1080 × 1920"),
        "bar": QT_TRANSLATE_NOOP("Settings", "Bar, 1280 × 360"),
    },
}
"""What each value of a choice is called."""

EMPTY_WORDS: dict[str, str] = {
    "microphone.device": QT_TRANSLATE_NOOP("Settings", "The computer’s choice"),
    "screen.monitor": QT_TRANSLATE_NOOP("Settings", "The main monitor"),
}
"""What an empty name means, where it may be empty."""

EXAMPLES: dict[str, str] = {
    "chat.twitch": QT_TRANSLATE_NOOP("Settings", "For example: martas_kitchen"),
    "downloads.mirror": "https://models.example.com",
    "downloads.proxy": "http://proxy.example.com:3128",
    "remote.url": "https://coach.example.com",
    "screen.window": QT_TRANSLATE_NOOP("Settings", "For example: My game"),
}
"""Shown in an empty line."""

KIND_WORDS: dict[str, str] = {
    "mic_silent": QT_TRANSLATE_NOOP("Settings", "Microphone silent"),
    "obs_muted": QT_TRANSLATE_NOOP("Settings", "Muted in OBS"),
    "clipping": QT_TRANSLATE_NOOP("Settings", "Sound clips"),
    "mic_low": QT_TRANSLATE_NOOP("Settings", "Voice too quiet"),
    "noise": QT_TRANSLATE_NOOP("Settings", "Noisy room"),
    "echo": QT_TRANSLATE_NOOP("Settings", "Echo of the speakers"),
    "black": QT_TRANSLATE_NOOP("Settings", "Black picture"),
    "frozen": QT_TRANSLATE_NOOP("Settings", "Frozen camera"),
    "wrong_scene": QT_TRANSLATE_NOOP("Settings", "Break scene left on"),
    "claim_medical": QT_TRANSLATE_NOOP("Settings", "Health claim"),
    "off_platform": QT_TRANSLATE_NOOP("Settings", "Buying outside the app"),
    "do_not_say": QT_TRANSLATE_NOOP("Settings", "Words to avoid"),
    "price_mismatch": QT_TRANSLATE_NOOP("Settings", "Price differs from the plan"),
    "disclosure": QT_TRANSLATE_NOOP("Settings", "Sponsor not named"),
    "chat_unanswered": QT_TRANSLATE_NOOP("Settings", "Question not answered"),
    "dead_air": QT_TRANSLATE_NOOP("Settings", "Dead air"),
    "price_missing": QT_TRANSLATE_NOOP("Settings", "Price not said"),
    "cta_missing": QT_TRANSLATE_NOOP("Settings", "How to buy not said"),
    "talking_point": QT_TRANSLATE_NOOP("Settings", "Talking point left"),
    "behind_plan": QT_TRANSLATE_NOOP("Settings", "Item runs over"),
    "reset": QT_TRANSLATE_NOOP("Settings", "Recap for newcomers"),
    "ask_room": QT_TRANSLATE_NOOP("Settings", "Ask your viewers"),
    "pace_fast": QT_TRANSLATE_NOOP("Settings", "Talking too fast"),
    "energy_drop": QT_TRANSLATE_NOOP("Settings", "Tired voice"),
    "greet": QT_TRANSLATE_NOOP("Settings", "Greet newcomers"),
    "demo": QT_TRANSLATE_NOOP("Settings", "Show the product"),
    "flat": QT_TRANSLATE_NOOP("Settings", "Flat voice"),
    "filler_cluster": QT_TRANSLATE_NOOP("Settings", "Fillers in a row"),
    "well_done": QT_TRANSLATE_NOOP("Settings", "Praise"),
}
"""What each kind of tip of the catalogue is called."""
