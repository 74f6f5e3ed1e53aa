"""Words for when each kind of tip comes: a label and a reason for every threshold."""

from __future__ import annotations

from martlive_desktop.ui.settings_marks import QT_TRANSLATE_NOOP, Words

SIGNAL_WORDS: dict[str, Words] = {
    "signals.level.silent_dbfs": Words(
        QT_TRANSLATE_NOOP("Settings", "Silent below"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "A microphone that is on gives more than this, even in a quiet room, which lies at -56 and above.",
        ),
    ),
    "signals.level.silent_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Silent for"),
        QT_TRANSLATE_NOOP("Settings", "A shorter silence of the microphone is a cough button."),
    ),
    "signals.level.low_dbfs": Words(
        QT_TRANSLATE_NOOP("Settings", "Quiet voice below"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Viewers strain to hear a voice below it; it is 12 dB under what platforms aim at.",
        ),
    ),
    "signals.level.low_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Quiet voice for"),
        QT_TRANSLATE_NOOP("Settings", "Measured over this time, so that one soft sentence is no reason for a tip."),
    ),
    "signals.level.low_over_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Voice measured over"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "The level of a voice is taken over so much of it: a laugh is shorter, a sentence longer.",
        ),
    ),
    "signals.level.low_voiced_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Least voice to measure"),
        QT_TRANSLATE_NOOP("Settings", "With less voice than this there is nothing to measure."),
    ),
    "signals.level.clip_dbfs": Words(
        QT_TRANSLATE_NOOP("Settings", "Clipping from"),
        QT_TRANSLATE_NOOP("Settings", "A peak from here on counts as clipped."),
    ),
    "signals.level.clip_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Clipping counted over"),
        QT_TRANSLATE_NOOP("Settings", "Clipped moments of 50 ms are counted over this time."),
    ),
    "signals.level.clip_share": Words(
        QT_TRANSLATE_NOOP("Settings", "Clipping heard from"),
        QT_TRANSLATE_NOOP("Settings", "This share of clipped moments is heard as distortion."),
    ),
    "signals.level.noise_snr_db": Words(
        QT_TRANSLATE_NOOP("Settings", "Voice above the room"),
        QT_TRANSLATE_NOOP("Settings", "If your voice stands out less than this, viewers hear the room."),
    ),
    "signals.level.noise_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Noisy for"),
        QT_TRANSLATE_NOOP("Settings", "A shorter noise is a passing lorry."),
    ),
    "signals.level.voice_probability": Words(
        QT_TRANSLATE_NOOP("Settings", "Sure of a voice for the level"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "How sure MartLive must be that a sound is a voice before it measures how loud it is.",
        ),
    ),
    "signals.pauses.selling_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Silence before a tip"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "In a selling show or a talk viewers swipe on after this many seconds without a word.",
        ),
    ),
    "signals.pauses.gaming_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Silence before a tip while gaming"),
        QT_TRANSLATE_NOOP("Settings", "The game fills shorter silences."),
    ),
    "signals.pauses.start_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Settling in"),
        QT_TRANSLATE_NOOP("Settings", "So long at the start, silence is no reason for a tip."),
    ),
    "signals.pauses.on_probability": Words(
        QT_TRANSLATE_NOOP("Settings", "Speech begins at"),
        QT_TRANSLATE_NOOP("Settings", "How sure MartLive must be of a voice before speech begins."),
    ),
    "signals.pauses.off_probability": Words(
        QT_TRANSLATE_NOOP("Settings", "Speech goes on down to"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Speech goes on while MartLive is at least this sure of a voice; keep it below the one above.",
        ),
    ),
    "signals.pauses.shortest_speech_ms": Words(
        QT_TRANSLATE_NOOP("Settings", "Shortest speech"),
        QT_TRANSLATE_NOOP("Settings", "A shorter sound is a click or a key stroke."),
    ),
    "signals.pace.window_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Pace counted over"),
        QT_TRANSLATE_NOOP("Settings", "Words are counted over this time, with the pauses in it."),
    ),
    "signals.pace.fast_wpm": Words(
        QT_TRANSLATE_NOOP("Settings", "Too fast from"),
        QT_TRANSLATE_NOOP("Settings", "Only one in twenty stretches of real talk is faster than 190 words a minute."),
    ),
    "signals.pace.own_factor": Words(
        QT_TRANSLATE_NOOP("Settings", "Faster than you usually are"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "So many times your usual pace: if you always talk fast, nobody corrects you for it.",
        ),
    ),
    "signals.pace.apart_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Fast at two checks apart"),
        QT_TRANSLATE_NOOP("Settings", "Both must be too fast, so that one burst is no reason for a tip."),
    ),
    "signals.pace.lag_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Wait until words are known"),
        QT_TRANSLATE_NOOP("Settings", "The words of a moment are recognised one to two seconds after it."),
    ),
    "signals.selling.price_after_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Price said within"),
        QT_TRANSLATE_NOOP("Settings", "If you show a product for longer without its price, you get a tip."),
    ),
    "signals.selling.call_after_s": Words(
        QT_TRANSLATE_NOOP("Settings", "How to buy said within"),
        QT_TRANSLATE_NOOP("Settings", "After a price, viewers want to know how to buy."),
    ),
    "signals.selling.recap_after_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Recap every"),
        QT_TRANSLATE_NOOP("Settings", "Say name and price together again, for those who came since."),
    ),
    "signals.selling.ask_after_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Ask your viewers every"),
        QT_TRANSLATE_NOOP("Settings", "Viewers who are asked something stay longer."),
    ),
    "signals.selling.together_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Name and price belong together within"),
        QT_TRANSLATE_NOOP("Settings", "Said further apart, they are no recap."),
    ),
    "signals.selling.recap_lasts_s": Words(
        QT_TRANSLATE_NOOP("Settings", "A recap goes on for"),
        QT_TRANSLATE_NOOP("Settings", "After the sentence with the price, the talk is still about it for so long."),
    ),
    "signals.selling.same_breath_s": Words(
        QT_TRANSLATE_NOOP("Settings", "How to buy may come before the price"),
        QT_TRANSLATE_NOOP("Settings", "Said so shortly before a price, it counts as said after it."),
    ),
    "signals.selling.heard_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Price known after"),
        QT_TRANSLATE_NOOP("Settings", "A word that you said in time is recognised up to 1.6 seconds later."),
    ),
    "signals.selling.far_factor": Words(
        QT_TRANSLATE_NOOP("Settings", "Another amount from"),
        QT_TRANSLATE_NOOP("Settings", "An amount this many times off is about something else, and no wrong price."),
    ),
    "signals.selling.settle_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Wait for the cents"),
        QT_TRANSLATE_NOOP("Settings", "An amount is not called wrong before: the cents may follow."),
    ),
    "signals.selling.hold_s": Words(
        QT_TRANSLATE_NOOP("Settings", "A wrong price matters for"),
        QT_TRANSLATE_NOOP("Settings", "A tip that came later would be about something else."),
    ),
    "signals.selling.memory_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Talk read again for prices"),
        QT_TRANSLATE_NOOP("Settings", "So much of your last talk is read again with each word."),
    ),
    "signals.selling.unnamed_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Another product after"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "So long after you named a product, another one that is seen may be the one you show.",
        ),
    ),
    "signals.selling.seen_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Another product seen for"),
        QT_TRANSLATE_NOOP("Settings", "One that is only moved out of the way is seen for less."),
    ),
    "signals.selling.unseen_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Shown anew after"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "A product counts as shown anew after so long out of sight; a hand hides it for less.",
        ),
    ),
    "signals.compliance.hold_s": Words(
        QT_TRANSLATE_NOOP("Settings", "A risky phrase matters for"),
        QT_TRANSLATE_NOOP("Settings", "A tip that came later would be about something else."),
    ),
    "signals.compliance.rest_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Same matter for"),
        QT_TRANSLATE_NOOP("Settings", "Another phrase of the kind within this time belongs to what was just named."),
    ),
    "signals.compliance.settle_words": Words(
        QT_TRANSLATE_NOOP("Settings", "Words to wait for"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "A phrase is judged after so many more words: “… no, it does not” begins within them.",
        ),
    ),
    "signals.compliance.settle_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Time to wait instead"),
        QT_TRANSLATE_NOOP("Settings", "A phrase is judged after so much sound, though fewer words follow."),
    ),
    "signals.compliance.reach_words": Words(
        QT_TRANSLATE_NOOP("Settings", "Words to take it back"),
        QT_TRANSLATE_NOOP("Settings", "Within so many words after a phrase you can take it back."),
    ),
    "signals.compliance.memory_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Talk read again for phrases"),
        QT_TRANSLATE_NOOP("Settings", "So much of your last talk is read again with each word."),
    ),
    "signals.compliance.disclosure_due_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Sponsor named by"),
        QT_TRANSLATE_NOOP("Settings", "In a sponsored show, say so by then: who joins decides early."),
    ),
    "signals.compliance.disclosure_repeat_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Sponsor named again after"),
        QT_TRANSLATE_NOOP("Settings", "For those who came since."),
    ),
    "signals.compliance.heard_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Sponsor known after"),
        QT_TRANSLATE_NOOP("Settings", "A word that you said in time is recognised so much later."),
    ),
    "signals.praise.faultless_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Praise after"),
        QT_TRANSLATE_NOOP("Settings", "So long without anything to correct."),
    ),
    "signals.praise.corrections": Words(
        QT_TRANSLATE_NOOP("Settings", "Tips between praises"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "The first praise is free, each later one takes so many tips: so it stays worth something.",
        ),
    ),
    "signals.praise.told_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Praise may wait for"),
        QT_TRANSLATE_NOOP("Settings", "It stays true for so long, and can still be shown."),
    ),
    "signals.praise.speech_s": Words(
        QT_TRANSLATE_NOOP("Settings", "You spoke within"),
        QT_TRANSLATE_NOOP("Settings", "Praise comes only while you speak: an empty room is no achievement."),
    ),
    "signals.praise.voice_probability": Words(
        QT_TRANSLATE_NOOP("Settings", "Sure of a voice for praise"),
        QT_TRANSLATE_NOOP("Settings", "How sure MartLive must be that somebody speaks."),
    ),
    "signals.chat.unanswered_s": Words(
        QT_TRANSLATE_NOOP("Settings", "A question waits for"),
        QT_TRANSLATE_NOOP("Settings", "After this, a question counts as passed over."),
    ),
    "signals.chat.asked_share": Words(
        QT_TRANSLATE_NOOP("Settings", "Answered from"),
        QT_TRANSLATE_NOOP("Settings", "This share of a question’s own words, said by you, counts as its answer."),
    ),
    "signals.chat.window_words": Words(
        QT_TRANSLATE_NOOP("Settings", "Talk taken together"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "So many words of yours are looked through for an answer: two or three sentences.",
        ),
    ),
    "signals.chat.hold_s": Words(
        QT_TRANSLATE_NOOP("Settings", "A question can come up for"),
        QT_TRANSLATE_NOOP("Settings", "A tip about it may wait for so long."),
    ),
    "signals.chat.forget_s": Words(
        QT_TRANSLATE_NOOP("Settings", "A question is for the report after"),
        QT_TRANSLATE_NOOP("Settings", "Then it is too old to answer live."),
    ),
    "signals.chat.greet_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Greet a newcomer within"),
        QT_TRANSLATE_NOOP("Settings", "Say a new viewer’s name by then."),
    ),
    "signals.chat.greet_from_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Newcomers come after"),
        QT_TRANSLATE_NOOP("Settings", "Whoever writes before this is greeted with the whole room."),
    ),
    "signals.chat.viewers_to_greet": Words(
        QT_TRANSLATE_NOOP("Settings", "Greet up to"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "In a show with more viewers who write, nobody greets each of them, and no tip says so.",
        ),
    ),
    "signals.rundown.remind_share": Words(
        QT_TRANSLATE_NOOP("Settings", "Talking points by"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "After this share of an item’s minutes, what is still unsaid is named: time is left to say it.",
        ),
    ),
    "signals.rundown.over_share": Words(
        QT_TRANSLATE_NOOP("Settings", "An item may run over by"),
        QT_TRANSLATE_NOOP("Settings", "By this share of its minutes."),
    ),
    "signals.rundown.show_after_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Shown within"),
        QT_TRANSLATE_NOOP("Settings", "By then a product is shown, and not only talked about."),
    ),
    "signals.voice.flat_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Flat voice over"),
        QT_TRANSLATE_NOOP("Settings", "Seconds of your talk in which the pitch hardly moves; pauses do not count."),
    ),
    "signals.voice.flat_factor": Words(
        QT_TRANSLATE_NOOP("Settings", "Flat below"),
        QT_TRANSLATE_NOOP("Settings", "So many times the movement that your pitch usually has."),
    ),
    "signals.voice.drop_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Tired voice over"),
        QT_TRANSLATE_NOOP("Settings", "Loudness and movement of your voice are compared over so much talk."),
    ),
    "signals.voice.drop_db": Words(
        QT_TRANSLATE_NOOP("Settings", "Tired voice quieter by"),
        QT_TRANSLATE_NOOP("Settings", "Than you usually are."),
    ),
    "signals.voice.drop_factor": Words(
        QT_TRANSLATE_NOOP("Settings", "Tired voice below"),
        QT_TRANSLATE_NOOP("Settings", "So many times the movement that your pitch usually has."),
    ),
    "signals.voice.habit_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Get to know your voice for"),
        QT_TRANSLATE_NOOP("Settings", "Nothing is compared before MartLive has heard so much of your talk."),
    ),
    "signals.hesitation.fillers": Words(
        QT_TRANSLATE_NOOP("Settings", "Fillers in a row"),
        QT_TRANSLATE_NOOP("Settings", "Real talk has about one “um” in 15 seconds; so many of them are heard."),
    ),
    "signals.hesitation.window_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Fillers counted over"),
        QT_TRANSLATE_NOOP("Settings", "The fillers above must come within this time."),
    ),
    "signals.obs.muted_voice_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Spoken while muted"),
        QT_TRANSLATE_NOOP("Settings", "A cough or a word aside is shorter, and is what muting is for."),
    ),
    "signals.obs.muted_within_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Within"),
        QT_TRANSLATE_NOOP("Settings", "Who talks to viewers hardly pauses, so the words lie close together."),
    ),
    "signals.obs.voice_probability": Words(
        QT_TRANSLATE_NOOP("Settings", "Voice from"),
        QT_TRANSLATE_NOOP("Settings", "From this probability on a sound counts as your voice."),
    ),
    "signals.echo.correlation": Words(
        QT_TRANSLATE_NOOP("Settings", "An echo from"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "How much the microphone is like what the computer plays, from 0 to 1; other sound stays below 0.2.",
        ),
    ),
    "signals.echo.windows": Words(
        QT_TRANSLATE_NOOP("Settings", "Echo times in a row"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Each of these is two seconds long; a jingle that you want to be heard is shorter.",
        ),
    ),
    "signals.picture.black_luma_share": Words(
        QT_TRANSLATE_NOOP("Settings", "A black spot is darker than"),
        QT_TRANSLATE_NOOP("Settings", "Share of full brightness; a dark room with one lamp lies above it."),
    ),
    "signals.picture.black_area_share": Words(
        QT_TRANSLATE_NOOP("Settings", "Black picture from"),
        QT_TRANSLATE_NOOP("Settings", "Share of the picture that is black; the rest is a pointer or a logo."),
    ),
    "signals.picture.black_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Black for"),
        QT_TRANSLATE_NOOP("Settings", "A fade through black is shorter."),
    ),
    "signals.picture.frozen_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Frozen for"),
        QT_TRANSLATE_NOOP("Settings", "Without any motion where a camera was."),
    ),
    "signals.picture.weak_change": Words(
        QT_TRANSLATE_NOOP("Settings", "Small motion from"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Of 255 steps of brightness; it counts if it comes again, as the noise of a camera does.",
        ),
    ),
    "signals.picture.strong_change": Words(
        QT_TRANSLATE_NOOP("Settings", "Large motion from"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Of 255 steps of brightness; one such change, as a blink, shows that the camera lives.",
        ),
    ),
    "signals.picture.camera_share": Words(
        QT_TRANSLATE_NOOP("Settings", "A camera from"),
        QT_TRANSLATE_NOOP("Settings", "Share of the picture that lived before: a fifth of each side is enough."),
    ),
    "signals.picture.novel_share": Words(
        QT_TRANSLATE_NOOP("Settings", "Not frozen but new from"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "If more than this share looks as never before, it is a menu, a slide or a card.",
        ),
    ),
    "signals.picture.cut_share": Words(
        QT_TRANSLATE_NOOP("Settings", "Another scene from"),
        QT_TRANSLATE_NOOP("Settings", "Share of the picture that must change at once."),
    ),
    "signals.picture.scene_s": Words(
        QT_TRANSLATE_NOOP("Settings", "Break scene left on for"),
        QT_TRANSLATE_NOOP("Settings", "While you speak; a goodbye before a break is shorter."),
    ),
    "signals.picture.spoken_s": Words(
        QT_TRANSLATE_NOOP("Settings", "You speak for"),
        QT_TRANSLATE_NOOP("Settings", "Within that time; a word to somebody in the room is shorter."),
    ),
    "signals.picture.quiet_s": Words(
        QT_TRANSLATE_NOOP("Settings", "You are done speaking after"),
        QT_TRANSLATE_NOOP("Settings", "So long without speech, nobody speaks to the viewers any more."),
    ),
}
"""By field; the reasons are those beside the thresholds in the core."""
