"""What parts without Qt say, in the language of the user: the core and the adapters write English."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication

from martlive_desktop.ui.translation import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT_SENTENCES = 64
"""A strip says the same one ten times a second."""

SENTENCES: Final = (
    # The overlay's own state.
    QT_TRANSLATE_NOOP("Sentences", "Marked {time}"),
    # The microphone.
    QT_TRANSLATE_NOOP("Sentences", "This microphone is not there – plug it in, or choose another."),
    QT_TRANSLATE_NOOP("Sentences", "The microphone is gone – plug it in again."),
    QT_TRANSLATE_NOOP("Sentences", "The computer was too busy: {seconds} s of sound were lost."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The microphone {name} cannot be opened – plug it in again, and allow it in the system's privacy settings.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The microphone {name} is not there – plug it in, or choose one that `martlive devices` lists.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "Another program keeps the microphone {name} to itself – close that program, or let it share.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "No microphone was found – plug one in, or try `martlive demo`, which needs none."),
    QT_TRANSLATE_NOOP("Sentences", "The microphone needs one more package: pip install 'martlive[desktop]'."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The sound library PortAudio is missing – install it (on Debian and Ubuntu: apt install libportaudio2).",
    ),
    # The recogniser.
    QT_TRANSLATE_NOOP("Sentences", "Busy computer: words are a little rougher."),
    QT_TRANSLATE_NOOP("Sentences", "Busy computer: words come after each sentence."),
    QT_TRANSLATE_NOOP("Sentences", "Busy computer: words come a little later."),
    QT_TRANSLATE_NOOP("Sentences", "Speech recognition keeps stopping – run `martlive models verify`."),
    QT_TRANSLATE_NOOP("Sentences", "Speech recognition keeps stopping; run `martlive models verify`."),
    QT_TRANSLATE_NOOP("Sentences", "You speak {language} – `--language` or the plan can say another."),
    QT_TRANSLATE_NOOP("Sentences", "No graphics card with CUDA was found – speech is recognised on the processor."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The graphics card cannot be used without {library} (in `pip install martlive[cuda]`) – the processor goes on.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "The graphics card has too little free memory – the processor goes on."),
    QT_TRANSLATE_NOOP("Sentences", "The graphics card stopped working for speech – the processor goes on."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "MartLive cannot hear the language {language}; give a code like en, es or zh, or auto.",
    ),
    # Models.
    QT_TRANSLATE_NOOP("Sentences", "Your models folder holds no {name}; there is nothing to remove."),
    QT_TRANSLATE_NOOP("Sentences", "The model {name} is damaged ({file}); run `martlive models pull {name_again}`."),
    QT_TRANSLATE_NOOP("Sentences", "The disk has no room for {name}: free {size} MB for {folder} and try again."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The {task} model {name} is not on this computer; run `martlive models pull {name_again}`.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "No server is known that has {name}; name a mirror in the settings, or fetch it from a folder."
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "The folder {folder} has wrong bytes in {file} of {name}; copy that file there anew."
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The folder {folder} does not hold {name}; choose one that has a folder {name_again} with its files.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "The proxy for downloads cannot be used; give one whose address begins with http:// or https://."
    ),
    QT_TRANSLATE_NOOP("Sentences", "The download of {name} was stopped; what arrived is kept for the next try."),
    QT_TRANSLATE_NOOP(
        "Sentences", "The proxy does not let {name} through; check the proxy for downloads and try again."
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "The server of {name} cannot prove who it is; check the date of this computer and its network."
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "The server sends {name} without encryption; tell whoever runs it, or use another one."
    ),
    QT_TRANSLATE_NOOP("Sentences", "The server gives {name} nowhere; try again later."),
    QT_TRANSLATE_NOOP("Sentences", "The server does not give {name} (status {status}); try again later."),
    QT_TRANSLATE_NOOP("Sentences", "The server is too busy for {name}; try again in {minutes} min."),
    QT_TRANSLATE_NOOP(
        "Sentences", "The network answers with a page in place of {name}; open a browser, sign in and try again."
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "The server has another file in place of {name}; try again later or from another place."
    ),
    QT_TRANSLATE_NOOP("Sentences", "The download of {name} was interrupted; try again, it goes on where it stopped."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The download of {name} brought wrong bytes, which are deleted; try again later or from another place.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "MartLive cannot change {path}: close other programs that use it and allow writing.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "MartLive knows no model {name}; it knows {names}."),
    # OBS and the screen.
    QT_TRANSLATE_NOOP(
        "Sentences",
        "Something else answers in place of OBS; use the port that OBS shows under Tools, WebSocket Server Settings.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "Your OBS is too old for MartLive; update it to version 28 or newer."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "OBS wants its password; OBS shows it under Tools, WebSocket Server Settings, Show Connect Info.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "OBS is busy with its scenes; MartLive tries again in a moment."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "OBS has closed or its WebSocket server is off; start it again, and MartLive is back by itself.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "OBS shows it in the scene “{scene}”."),
    QT_TRANSLATE_NOOP("Sentences", "This OBS captures no windows here; use the browser source instead."),
    QT_TRANSLATE_NOOP("Sentences", "This OBS has no browser source; install OBS from obsproject.com, which has one."),
    QT_TRANSLATE_NOOP("Sentences", "OBS does not find the stream window; open it, do not minimise it, and try again."),
    QT_TRANSLATE_NOOP("Sentences", "OBS already has something else called “{name}”; rename that in OBS and try again."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "It is in the scene “{scene}”, but nothing is on it yet; show a card and check again.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "It is in the scene “{scene}”, but OBS has another picture of it; remove “{name}” in OBS and try again.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "The browser source cannot keep its address in {path}; check that folder."),
    QT_TRANSLATE_NOOP("Sentences", "Another program has port {port}; choose another one for the browser source."),
    QT_TRANSLATE_NOOP("Sentences", "OBS does not answer; start it and turn on its WebSocket server under Tools."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "OBS does not let MartLive look; update OBS and check the password of its WebSocket server.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "OBS gives no picture of its program; update OBS, or watch a monitor instead."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "{name} shows MartLive only black, so its program may not let others look; choose OBS under What viewers see.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "The screen is not watched; choose what to watch under What viewers see."),
    QT_TRANSLATE_NOOP("Sentences", "The screen is not watched until you go on."),
    QT_TRANSLATE_NOOP("Sentences", "There is no screen here that could be watched."),
    QT_TRANSLATE_NOOP("Sentences", "The monitor {name} is gone; plug it in, or choose another under What viewers see."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The window {name} is not there; open it, or choose another under What viewers see.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "The screen changed; MartLive looks for it again."),
    QT_TRANSLATE_NOOP("Sentences", "{name} lies outside of the screens; choose again under What viewers see."),
    QT_TRANSLATE_NOOP("Sentences", "Main monitor"),
    QT_TRANSLATE_NOOP("Sentences", "Main monitor ({size})"),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The chat on the screen cannot be read now; MartLive goes on without it and tries again.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The chat's place on the screen is too small to read; drag it anew under What viewers see.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The picture of {name} shows too little to be recognised by; take one that is full of the product "
        "and its label: {path}.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "The picture of {name} is not there; check its name: {path}."),
    QT_TRANSLATE_NOOP("Sentences", "The picture of {name} is larger than 50 megapixels; make it smaller: {path}."),
    QT_TRANSLATE_NOOP("Sentences", "The picture of {name} cannot be read; save it as JPEG or PNG: {path}."),
    QT_TRANSLATE_NOOP("Sentences", "The scene cannot be saved at {path} ({cause}); check that folder."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "Twitch has no channel called {name}; give its name as in its address, as somebody.",
    ),
    # The remote coach.
    QT_TRANSLATE_NOOP("Sentences", "The remote coach does not take this key; copy it again from who runs the coach."),
    QT_TRANSLATE_NOOP("Sentences", "This key may not do that at the remote coach; ask who runs it for another one."),
    QT_TRANSLATE_NOOP("Sentences", "Today's quota at the remote coach is used up; MartLive goes on by itself."),
    QT_TRANSLATE_NOOP("Sentences", "The remote coach is asked too often; MartLive goes on by itself for a moment."),
    QT_TRANSLATE_NOOP("Sentences", "The remote coach is full; MartLive goes on by itself and tries again."),
    QT_TRANSLATE_NOOP("Sentences", "The remote coach has ended this session; the next show begins a new one."),
    QT_TRANSLATE_NOOP("Sentences", "Another program has taken this session over; end that one, or begin a new show."),
    QT_TRANSLATE_NOOP("Sentences", "The remote coach cannot go on with this session; the next show begins a new one."),
    QT_TRANSLATE_NOOP("Sentences", "The remote coach refuses ({problem}); update MartLive, or ask who runs the coach."),
    QT_TRANSLATE_NOOP(
        "Sentences", "The remote coach is not ready ({problem}); MartLive goes on by itself and tries again."
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "The remote coach does not answer at {address}; check the address and your network."
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "The remote coach at {address} cannot prove who it is; check the address, or its certificate."
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "Something else answers at {address} in place of the remote coach; check the address."
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "The remote coach is of another version; update MartLive, or ask who runs the coach to."
    ),
    QT_TRANSLATE_NOOP("Sentences", "The remote coach did not answer in time; MartLive goes on by itself."),
    QT_TRANSLATE_NOOP("Sentences", "The remote coach fails; MartLive goes on by itself and tries again in a moment."),
    QT_TRANSLATE_NOOP("Sentences", "The remote coach needs its key; give it in the settings, or in {variable}."),
    QT_TRANSLATE_NOOP("Sentences", "The remote coach has no address; give it in the settings, under Remote coach."),
    QT_TRANSLATE_NOOP("Sentences", "The remote coach answers in {time} ms."),
    QT_TRANSLATE_NOOP("Sentences", "Speech is recognised on this computer from now on."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The remote coach was away for too long; speech is recognised on this computer until the next show.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "{cause} Speech is recognised on this computer until the next show."),
    QT_TRANSLATE_NOOP("Sentences", "The remote coach is away for a moment; your words follow when it is back."),
    # Shows that are kept.
    QT_TRANSLATE_NOOP("Sentences", "This show is not being saved: {cause}"),
    QT_TRANSLATE_NOOP("Sentences", "Your shows cannot be opened: {cause}"),
    QT_TRANSLATE_NOOP("Sentences", "This show cannot be read: {cause}"),
    QT_TRANSLATE_NOOP("Sentences", "the disk is full; make room on the disk of {path}."),
    QT_TRANSLATE_NOOP("Sentences", "another program holds the file; close other windows of MartLive and try again."),
    QT_TRANSLATE_NOOP("Sentences", "{path} says {cause}; make it a folder that you can write."),
    QT_TRANSLATE_NOOP("Sentences", "{path} says {cause}; check that you can write there and that the disk has room."),
    QT_TRANSLATE_NOOP("Sentences", "{path} is not a file of MartLive; move it away and try again."),
    QT_TRANSLATE_NOOP("Sentences", "{path} was written by a newer MartLive; update this one to read it."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "It is deleted, but another MartLive still reads it; close that one and delete again.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "This show is running; end it first."),
    # Sound that is kept.
    QT_TRANSLATE_NOOP("Sentences", "The sound of your show is not being kept: {cause}"),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The sound of your show is not being kept, for your system's keyring does not answer; unlock it before "
        "your next show.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "The disk is too slow to keep the sound of your show; some of it is missing."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The sound of this show opens only with the key that kept it, which is not in your keyring; read its "
        "words instead.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "The sound of this moment is damaged; read its words instead."),
    QT_TRANSLATE_NOOP("Sentences", "There is no sound of this moment; read its words instead."),
    # Plans.
    QT_TRANSLATE_NOOP("Sentences", "There is no plan at {path}; check the name."),
    QT_TRANSLATE_NOOP("Sentences", "{path} is a folder; name the plan's file in it."),
    QT_TRANSLATE_NOOP("Sentences", "The plan at {path} cannot be read ({cause}); check its permissions."),
    QT_TRANSLATE_NOOP("Sentences", "{path} is larger than 1 MB, so it is no show plan; choose the plan's .toml file."),
    QT_TRANSLATE_NOOP("Sentences", "Line {line}: {advice}"),
    QT_TRANSLATE_NOOP("Sentences", "{path} is not UTF-8 text; save it as UTF-8."),
    QT_TRANSLATE_NOOP("Sentences", "The plan is larger than 1 MB; shorten its lists, or make two plans of it."),
    QT_TRANSLATE_NOOP("Sentences", "The plan has a character that no file can hold; type that word again."),
    QT_TRANSLATE_NOOP("Sentences", "The plan has too many brackets inside each other; write short lists."),
    QT_TRANSLATE_NOOP("Sentences", "The plan cannot be saved at {path} ({cause}); choose another place."),
    QT_TRANSLATE_NOOP("Sentences", "The table at {path} cannot be read ({cause}); check its name."),
    QT_TRANSLATE_NOOP("Sentences", "{path} is larger than 1 MB; keep the products of this show only."),
    QT_TRANSLATE_NOOP("Sentences", "{path} is not UTF-8 text; save it as “CSV UTF-8”."),
    QT_TRANSLATE_NOOP("Sentences", "a field is given twice here; keep one of the two."),
    QT_TRANSLATE_NOOP("Sentences", 'this is no TOML; write one `field = value` a line, text in "quotes".'),
    QT_TRANSLATE_NOOP("Sentences", "name is missing; write what the item is called."),
    QT_TRANSLATE_NOOP("Sentences", 'name "{name}" is taken; give each product its own.'),
    QT_TRANSLATE_NOOP("Sentences", "{field} is no field of the plan; write {other}."),
    QT_TRANSLATE_NOOP("Sentences", "{field} is no field of the plan; its fields are {names}."),
    QT_TRANSLATE_NOOP("Sentences", "{field} is no field of a product; write {other}."),
    QT_TRANSLATE_NOOP("Sentences", "{field} is no field of a product; its fields are {names}."),
    QT_TRANSLATE_NOOP("Sentences", '{field} must be text in quotes, such as "dew serum".'),
    QT_TRANSLATE_NOOP("Sentences", "{field} is empty; write what the item is called."),
    QT_TRANSLATE_NOOP("Sentences", '{field} must be a list of texts, such as ["8 ml tube", "pink or clear"].'),
    QT_TRANSLATE_NOOP("Sentences", '{field} must be "selling", "gaming" or "talk".'),
    QT_TRANSLATE_NOOP("Sentences", "{field} must be true or false, without quotes."),
    QT_TRANSLATE_NOOP("Sentences", '{field} must be a code such as "{example}".'),
    QT_TRANSLATE_NOOP("Sentences", "{field} must be a number from 0 up, such as 14.99, without quotes or $."),
    QT_TRANSLATE_NOOP("Sentences", "{field} must be a number of minutes, such as 12, without quotes."),
    QT_TRANSLATE_NOOP("Sentences", "{field} must be written as blocks that begin with [[products]]."),
    QT_TRANSLATE_NOOP("Sentences", "no column is called name; write name, price above the columns."),
    QT_TRANSLATE_NOOP("Sentences", "the name is missing; write what the item is called."),
    QT_TRANSLATE_NOOP("Sentences", 'the name "{name}" is taken; give each product its own.'),
    QT_TRANSLATE_NOOP("Sentences", '"{price}" can mean two prices; write {one} or {other}.'),
    QT_TRANSLATE_NOOP("Sentences", '"{price}" is no price; write it as 19.90.'),
    QT_TRANSLATE_NOOP("Sentences", '"{minutes}" is no time; write minutes, as 5.'),
    # Settings.
    QT_TRANSLATE_NOOP("Sentences", "{cause}; correct or remove that line in {path}."),
    QT_TRANSLATE_NOOP("Sentences", "{sentence} Until then the show goes without a plan."),
    QT_TRANSLATE_NOOP("Sentences", "{cause}; MartLive runs with its own settings until that is mended."),
    QT_TRANSLATE_NOOP("Sentences", "{cause}; MartLive starts afresh and keeps the old file as {name}."),
    QT_TRANSLATE_NOOP("Sentences", "The settings at {path} cannot be read ({cause})"),
    QT_TRANSLATE_NOOP("Sentences", "The settings at {path} are no TOML"),
    QT_TRANSLATE_NOOP("Sentences", "The settings at {path} are of a newer MartLive"),
    QT_TRANSLATE_NOOP("Sentences", "The settings at {path} cannot be read ({cause}); check that file."),
    QT_TRANSLATE_NOOP("Sentences", "The settings at {path} are no TOML; correct that file or delete it."),
    QT_TRANSLATE_NOOP("Sentences", "The settings cannot be saved at {path} ({cause}); check that folder."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The settings at {path} are of a newer MartLive; update MartLive or delete that file.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "“{keys}” is no hotkey; write it as ctrl+alt+m."),
    # Programs.
    QT_TRANSLATE_NOOP("Sentences", "MartLive may not write to {path}; allow it there and try again."),
    QT_TRANSLATE_NOOP("Sentences", "Your desktop does not answer about hotkeys; use `martlive toggle` instead."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "Your system does not answer about hotkeys; use `martlive toggle` or the tray meanwhile.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "Your system keeps no passwords for MartLive; type it again next time."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "MartLive is already running; look for it in the tray, or end it with `martlive quit`.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "MartLive cannot listen at {path}; free that path and start it again."),
    QT_TRANSLATE_NOOP("Sentences", "Hotkeys need an X11 desktop; use `martlive toggle` instead."),
    # Past shows.
    QT_TRANSLATE_NOOP("Sentences", "Cannot write {path}: {problem}; make room or choose another folder."),
    QT_TRANSLATE_NOOP("Sentences", "Cannot write {path}: {problem}; choose another place."),
    QT_TRANSLATE_NOOP("Sentences", "{path} has no events that can be read; export the show again."),
    QT_TRANSLATE_NOOP("Sentences", "{path} has more files than a show does, so it is left alone."),
    QT_TRANSLATE_NOOP("Sentences", "{path} has a manifest.json that says not what it should; export the show again."),
    QT_TRANSLATE_NOOP("Sentences", "{path} has file names that lead elsewhere, so it is left alone."),
    QT_TRANSLATE_NOOP("Sentences", "{path} has a link in it, so it is left alone."),
    QT_TRANSLATE_NOOP("Sentences", "{path} has a password; unpack it and export the show without one."),
    QT_TRANSLATE_NOOP("Sentences", "{path} unpacks to far more than a show has, so it is left alone."),
    QT_TRANSLATE_NOOP("Sentences", "{path} cannot be read: {problem}; choose another file."),
    QT_TRANSLATE_NOOP("Sentences", "{path} is no whole zip; copy or export it again."),
    QT_TRANSLATE_NOOP("Sentences", "{path} has no {name}; export the show again."),
    QT_TRANSLATE_NOOP("Sentences", "{path} is damaged; run `martlive sessions repair`, which saves what can be read."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The file of your shows was damaged; shows that could be saved: {count}. The damaged file is kept as {path}.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "{path} is damaged, and a show is running; end it first, then it is repaired."),
    QT_TRANSLATE_NOOP("Sentences", "Another MartLive repairs your shows; wait for it, then try again."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The show {name} is here already, and stays as it is; to take in this one instead, run `martlive sessions delete {id}` first.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "The report cannot be written to {path}: {problem}; make room there and try again."),
    QT_TRANSLATE_NOOP("Sentences", "No browser answered; open {path} yourself."),
    QT_TRANSLATE_NOOP("Sentences", "{path} is damaged; install MartLive again."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "Something in MartLive broke; what was said is kept. Quit it, start it again, and send us its crash file.",
    ),
    # Libraries for graphics cards.
    QT_TRANSLATE_NOOP(
        "Sentences",
        "The graphics card cannot be used without {library} (in `martlive components fetch speech-cuda`) – the processor goes on.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "The graphics card does not work for tips – the processor goes on."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "This MartLive has no place to fetch {name} from; set a mirror or an offline folder in the settings.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "The file {path} is not the one that {name} needs; copy it anew."),
    QT_TRANSLATE_NOOP(
        "Sentences", "The component {name} is damaged ({file}); run `martlive components fetch {name_again}` again."
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "The component {name} is not on this computer; run `martlive components fetch {name_again}`."
    ),
    QT_TRANSLATE_NOOP(
        "Sentences", "Another program of MartLive is changing {name}; wait until it is done, then try again."
    ),
    QT_TRANSLATE_NOOP("Sentences", "This computer holds nothing of {name}; there is nothing to remove."),
    QT_TRANSLATE_NOOP("Sentences", "MartLive knows no component {name}; it knows {names}."),
    # Updates.
    QT_TRANSLATE_NOOP("Sentences", "MartLive {version} is the newest."),
    QT_TRANSLATE_NOOP("Sentences", "MartLive {running} is newer than what is offered ({version}); nothing to do."),
    QT_TRANSLATE_NOOP("Sentences", "MartLive {version} is there: {size} MB to fetch."),
    QT_TRANSLATE_NOOP("Sentences", "MartLive {version} is here; it starts the next time."),
    QT_TRANSLATE_NOOP("Sentences", "MartLive {version} is here already; it starts the next time."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "MartLive {version} did not work on this computer and is not fetched again; wait for the next one, or install it "
        "by hand.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "MartLive {version} did not pass its self-test on this computer, so {running} goes on; wait for the next one.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "MartLive {version} did not start well, so the one from before runs again; nothing of yours is lost.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "MartLive {version} has no program for this computer, so nothing was changed; wait for the next one.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "MartLive {version} is announced but not there yet; try again later."),
    QT_TRANSLATE_NOOP("Sentences", "MartLive is being updated already; let that finish first."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "This MartLive runs from Python and cannot replace itself; update it the way it came, as with "
        "`pip install --upgrade martlive`.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "This build has no place to update from; install newer versions the way you installed this one.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "{folder} does not say where updates are; install MartLive again."),
    QT_TRANSLATE_NOOP("Sentences", "Updates must come from an address with https://; correct it in source.toml."),
    QT_TRANSLATE_NOOP("Sentences", "There are no updates for this kind of computer ({platform})."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "What {host} says of updates is out of date, so nothing was changed; check this computer's clock, or try again in "
        "some days.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "{host} offers an older state than before, as an attacker would, so nothing was changed; try again in some days.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "What {host} offers is not signed by those who make MartLive, so nothing was changed; try again in another "
        "network, or install by hand.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "{host} does not have what it should (status {status}); try again later."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "Updates cannot be asked for at {host}; check the connection, and the proxy in the settings.",
    ),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "This update describes itself wrongly ({what}), so nothing was changed; wait for the next one, or install "
        "MartLive by hand.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "{name} is far too long for what it should be, so nothing was changed."),
    QT_TRANSLATE_NOOP(
        "Sentences",
        "A file of MartLive {version} is not what was signed ({path}), so nothing was changed; try again later.",
    ),
    QT_TRANSLATE_NOOP("Sentences", "The disk has no room for the update: free {size} MB for {folder} and try again."),
    QT_TRANSLATE_NOOP("Sentences", "The update was stopped; it goes on where it was when you fetch it again."),
)
"""Every sentence that they give to be shown; `{name}` stands for what they put into it, which is another one of them or kept as it is."""


def translated(sentence: str) -> str:
    """`sentence` in the user's language; one that is not among SENTENCES stays as it is."""
    template, values = _taken_apart(sentence)
    if not template:
        return sentence
    return QCoreApplication.translate("Sentences", template).format(**{k: translated(v) for k, v in values.items()})


@lru_cache(KEPT_SENTENCES)
def _taken_apart(sentence: str) -> tuple[str, Mapping[str, str]]:
    """The one of SENTENCES that `sentence` was made from, and what was put into it; empty: none."""
    for template, pattern in _patterns().items():
        if found := pattern.fullmatch(sentence):
            return template, found.groupdict()
    return "", {}


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {one: re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(one)), re.DOTALL) for one in SENTENCES}
