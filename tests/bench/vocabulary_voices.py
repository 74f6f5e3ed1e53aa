"""Speaks sentences with names of products in them, and without any; run by vocabulary.py in an environment of its own."""

from __future__ import annotations

import json
import random
import sys
import wave
from pathlib import Path

import numpy as np
import onnxruntime
from piper.phonemize_espeak import EspeakPhonemizer

from tests.bench.filler_voices import RATE_HZ, Kokoro, plan

VOICES = ("am_fenrir", "bf_isabella", "af_nicole", "bm_george")
"""None of them, and none of the names, was heard while the thresholds were set."""

COINED = (
    "Velmora",
    "Snugglio",
    "Hydrova",
    "Petalune",
    "Corvane",
    "Brightlee",
    "Maplewin",
    "Zorbita",
    "Cleanzo",
    "Ferolli",
    "Nordwell",
    "Kitchella",
    "Wooftopia",
    "Auralis",
    "Tamiko",
    "Everdew",
    "Lumiskin",
    "Grippify",
    "Sundara",
    "Bellavine",
)
"""No dictionary has them."""

BRANDED = (
    "Oatly latte",
    "Lushera serum",
    "Purrfect brush",
    "Stanmore mug",
    "Caldor blender",
    "Vionne lipstick",
    "Trekko bottle",
    "Mirabel candle",
)
"""A brand and what it is."""

PLAIN = (
    "shea butter",
    "garlic press",
    "sleep mask",
    "cat tunnel",
    "travel pouch",
    "bath bombs",
    "cork mat",
    "jade roller",
    "spice rack",
    "puppy pads",
    "curling wand",
    "crew socks",
)
"""Words that everybody knows."""

SENTENCES = (
    "Okay everyone, next up is the {}, and I have only nine left.",
    "Can we talk about the {} for a second?",
    "My sister bought the {} last week and she loves it.",
    "Somebody in the chat wants to know about the {}.",
    "I will put the {} in the bag for you for free.",
    "The {} comes in three different colors.",
    "Honestly, nothing beats the {} at this price.",
    "Who here already has the {} at home?",
    "Grab the {} before it is gone.",
    "You can use the {} at home or when you travel.",
    "Today only, the {} is down to fifteen dollars.",
    "If you have questions about the {}, just write them in the chat.",
)

WITHOUT = (
    "Good evening and welcome, I hope you all had a lovely day.",
    "Tell me in the chat where you are watching from tonight.",
    "I have three of these left and then it is over.",
    "Shipping is free for every order above thirty dollars.",
    "The color looks a little darker on camera than it is.",
    "We pack everything on the same day and send it out in the morning.",
    "My dog knocked it off the table and it did not even break.",
    "You only need a small amount, really just a drop.",
    "Somebody asked whether it works with cold water as well.",
    "Yes it does, but warm water is a bit faster.",
    "I will count down from ten and then the price goes up.",
    "The handle is made from wood and the blade is steel.",
    "Follow the page so that you do not miss the next show.",
    "Last week we sold two hundred of them in one evening.",
    "Please remember to wash your face before you put it on.",
    "If you do not like it you can send it back within thirty days.",
    "That smell is so good, it reminds me of my holidays.",
    "Put it in the fridge over night and it gets even better.",
    "I got this one in medium and it fits me perfectly.",
    "Thank you for the lovely comment, you made my day.",
    "There is a little pocket on the inside for your keys.",
    "We tried about forty versions before we were happy.",
    "The battery lasts around six hours if you use it a lot.",
    "Someone is asking for a discount, let me see what I can do.",
    "Do not put this one in the dishwasher.",
    "It folds flat so you can keep it under the bed.",
    "Just look at how much shine it gives to my hair.",
    "The brush is soft enough for sensitive skin.",
    "Next month we will have it in green and in yellow.",
    "Okay, who wants to see the bigger one?",
)
"""No name is in them."""

ALIKE = (
    "Well more of you are here than I thought.",
    "She loved to snuggle in the blanket.",
    "The hydrogen balloon went over the hill.",
    "There was a petal on the floor and a tune on the radio.",
    "The core vein of the leaf is thick.",
    "It shines very brightly in the dark.",
    "We planted a maple and hope to win the prize.",
    "They were in orbit for about a week.",
    "You should clean so that nobody slips on the floor.",
    "The ferry left early today.",
    "She said that the north well was dry.",
    "We met in the kitchen and then had coffee.",
    "They said woof to the people next door.",
    "Her aura is warm and calm.",
    "Please tell me to go when the bell rings.",
    "There was ever so much dew on the grass.",
    "Let me scan the room one more time.",
    "You have to grip it firmly.",
    "On Sunday I was really tired.",
    "The bell over the vine fell down.",
    "I had oats and a late breakfast.",
    "This is luxury for a small price.",
    "It is the perfect rush of excitement.",
    "He stood more than a mile away.",
    "The caller wanted to blend in.",
    "We own the best lipstick in the world.",
    "She took the track behind the bottle factory.",
    "It is a miracle that the candle still burns.",
    "She had butter on her bread.",
    "I pressed the garlic with a fork.",
)
"""No name is in them either, but what sounds like one."""


def main() -> None:
    """Arguments: the folder of the voices, and where to write."""
    voices, out = map(Path, sys.argv[1:])
    onnxruntime.set_seed(7)
    kokoro, espeak, chance = Kokoro(voices), EspeakPhonemizer(), random.Random(11)
    index: list[tuple[str, str, str]] = []

    def speak(path: Path, text: str, voice: str) -> None:
        sound, _ = kokoro.say(plan(text, 0, voice[0], espeak, chance), voice, chance.uniform(0.9, 1.15))
        sound = np.concatenate((np.zeros(int(0.4 * RATE_HZ)), sound, np.zeros(int(0.5 * RATE_HZ))))
        sound += np.random.default_rng(1).normal(0, 10 ** (-62 / 20), len(sound))
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())

    names = [(kind, name) for kind, some in (("coined", COINED), ("brand", BRANDED), ("plain", PLAIN)) for name in some]
    others = [("none", text) for text in WITHOUT] + [("alike", text) for text in ALIKE]
    for turn, voice in enumerate(VOICES):
        print(voice, file=sys.stderr)
        for number, (kind, name) in enumerate(names):
            path = out / f"{voice}_name_{number:02d}.wav"
            sentence = SENTENCES[(5 * number + 3 * turn + number // 12) % len(SENTENCES)]
            speak(path, sentence.format(name), voice)
            index.append((path.name, kind, name))
        for number, (kind, text) in enumerate(others):
            # Each voice says half of them.
            if number % 2 == turn % 2:
                path = out / f"{voice}_other_{number:02d}.wav"
                speak(path, text, voice)
                index.append((path.name, kind, ""))
    (out / "index.json").write_text(json.dumps(index), encoding="utf-8")


if __name__ == "__main__":
    main()
