"""Health claims, selling outside the app, sponsoring: sentences that are meant, and sentences that only sound so."""

from __future__ import annotations

import pytest

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.core.events import Tick
from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.core.signals.compliance import ComplianceDetector, ComplianceThresholds
from tests.fakes.talk import WORD_MS, said

LEXICON = load_lexicon("en")

CLAIMS = (
    "Copper against your wrist heals arthritis, my father swears by it.",
    "is that it reverses dementia, and nobody writes about it.",
    "This balm heals psoriasis in a week, I have seen it.",
    "And I can tell you, this tea cured my husband's arthritis.",
    "Honestly it gets rid of migraines in ten minutes.",
    "One spray and your hay fever is gone for the summer.",
    "It treats acne from the inside out.",
    "Wear this bracelet and your back pain will disappear.",
    "These drops will cure your insomnia by Friday.",
    "It reverses diabetes, people do not talk about that enough.",
    "This cream eliminates eczema completely.",
    "You can throw away your pills, you will not need them.",
    "It is guaranteed to work for every single person watching.",
    "I promise you it works for everybody, no exceptions.",
    "This one is one hundred percent effective, it has never failed anyone.",
    "You will lose ten pounds in two weeks without moving from the sofa.",
    "It burns belly fat while you sleep.",
    "The oil is clinically proven to stop hair loss.",
    "My neighbour rubbed it on her knee and it cured her arthritis.",
    "It kills the flu virus before it even starts.",
    "Magnesium like this cures anxiety, simple as that.",
    "The stone takes away headaches in five minutes.",
    "There are absolutely no side effects, none, for anyone.",
    "Results are guaranteed, one hundred percent.",
    "This is better than any medication your doctor gives you.",
    "It clears up rosacea overnight.",
    "I am not joking, this soap heals cold sores.",
    "No joke, it fixed my sciatica.",
    "Not only does it smell good, it also cures headaches.",
    "The patches heal wounds twice as fast, and they cure athlete's foot too.",
    "It is a natural cure for asthma.",
    "Say goodbye to varicose veins.",
    "These gummies prevent cancer.",
    "It works on absolutely everyone, guaranteed.",
    "This will lower your blood pressure and cure your headaches for good.",
    "The tea detoxes your liver in three days.",
    "It will heal your gut and your skin.",
    "Dermatologists say it cures eczema.",
    "Drink it and you will never have a migraine again.",
    "It is a miracle cure, believe me.",
    "It boosts your immune system so you never catch a cold again.",
    "You will drop two dress sizes in a month, guaranteed.",
    "It cures hangovers, colds and stomach aches.",
    "Put it behind your ears and the tinnitus just vanishes.",
    "It works every single time, on everybody, one hundred percent.",
    "I guarantee it will clear your skin.",
    "This cured my daughter's warts in two days.",
    "It relieves joint pain permanently.",
    "It stops panic attacks on the spot.",
    "Rub it in and the pain is gone, cured, finished.",
    "It melts fat off your stomach, I promise.",
    "The salt lamp heals asthma and it looks pretty too.",
    "I am telling you, this collar stops arthritis in old dogs.",
    "My aunt had terrible eczema on both hands and this cured it in one night.",
    "These insoles get rid of back pain forever, no exceptions.",
    "It is a fact that lavender cures insomnia.",
    "So if you suffer from migraines, this roller will heal you.",
    "It heals burns, cuts and every kind of rash.",
    "One cup a day and you lose five kilos in a month.",
    "This will make your wrinkles disappear in a week.",
    "We guarantee that it works for each and every one of you.",
    "It works one hundred percent of the time, for everybody.",
    "Honestly, it is better than antibiotics.",
    "You do not need a doctor when you have this oil, it cures ear infections.",
    "Trust me, it cures the flu.",
    "The copper in it treats rheumatism and gout.",
    "It is scientifically proven to cure depression.",
    "I used it for three days and my psoriasis was healed.",
    "This tea is the cure for diabetes.",
    "The mask prevents covid, that is a fact.",
    "It always works, on every person, guaranteed, or I eat my hat.",
    "Kids with asthma breathe freely after one night, it cures it.",
    "It will stop your hair loss within a week, I guarantee it.",
    "Whatever you have, this cures it.",
    "It fixes anxiety in ten minutes flat.",
    "You will never get sick again with this on your wrist.",
    "It removes scars completely, every time.",
    "This is going to cure your acne, full stop.",
    "The magnets in the bracelet heal joint pain.",
    "It heals arthritis, and I mean that.",
    "I am not kidding you this heals migraines.",
    "There is no doubt that this tea cures migraines.",
    "This candle cures headaches, it really does.",
    "Because it cures eczema, I use it on the baby as well.",
    "With this belt the weight just falls off you, ten kilos in three weeks.",
    "There is no one it does not work for, it is guaranteed to work on everyone.",
    "The steam kills every virus in your nose and cures a cold overnight.",
    "This serum erases wrinkles permanently.",
    "My dad threw away his pills because of this powder.",
    "It works, no exceptions, one hundred percent of people are happy and healthy.",
    "Put it on the wart and the wart is gone, it cures warts.",
    "Now listen, this herbal patch heals torn muscles and arthritis, end of story.",
    "My uncle had gout for years. Two weeks of this and he was cured.",
    "I would not say it if it was not true, this honey cures stomach ulcers.",
    "It is guaranteed to make your wrinkles vanish, no matter how old you are.",
    "Put one under your pillow and you will never suffer from insomnia again.",
    "And the best part is that it cures allergies.",
    "It treats migraines better than any pill.",
    "This one fights infections and heals wounds overnight.",
    "The powder reverses hair loss, every single time.",
    "If you have high blood pressure this tea will fix it.",
    "It is one hundred percent guaranteed to work, on anybody.",
    "You take it in the morning and by evening your flu is gone.",
    "It does what doctors can not do, it heals your joints.",
    "This pillow ends migraines, I swear.",
    "You get your money back, but you will not need it, because it works for everyone, guaranteed.",
    "I have had people lose twenty pounds in a month with this shake.",
    "It prevents heart disease and keeps your cholesterol down.",
    "This is medicine, it heals bronchitis.",
    "The cream made my daughter's eczema disappear.",
    "There is nothing this oil can not cure.",
    "Whoever rubs this on a rash gets rid of the rash, always.",
    "It cleans your blood and cures your kidneys.",
    "One hundred percent of the people who try it get better.",
    "This ring stops snoring and cures sleep apnea.",
)

NO_CLAIMS = (
    "It is against the rules here to say that it cures eczema.",
    "Does it cure headaches? No idea.",
    "This will not cure anything, it is a candle.",
    "I can not say that it heals eczema, and I will not.",
    "It is not a medicine and it does not treat any disease.",
    "Somebody asked me whether it cures migraines. It does not.",
    "A viewer says it healed her psoriasis, but please do not take my word for it, ask a doctor.",
    "Does it cure acne? No, it is a soap.",
    "People online claim that this stone heals headaches. That is nonsense.",
    "My grandmother used to say that onions cure a cold.",
    "The scarf is one hundred percent wool.",
    "This shirt is 100% linen and it was made in Portugal.",
    "The box is one hundred percent recyclable.",
    "Treat yourself tonight, you worked hard.",
    "It is a nice treat for the dog.",
    "Treat your mother to something soft.",
    "You can treat the wood with a drop of oil once a year.",
    "The gel cures in sixty seconds under the lamp.",
    "The resin has to cure for two days before I can sand it.",
    "We use cured ham and a bit of cheese.",
    "It treats leather gently and it fills small scratches.",
    "I have a bit of a headache today, so I am speaking softly.",
    "My cold is gone, so my voice is back.",
    "It comes with a money back guarantee.",
    "Guaranteed delivery by Friday if you order tonight.",
    "There is a two year guarantee on the motor.",
    "I promise you will love the colour.",
    "The zip fixes itself if you pull it back once.",
    "It is a real pain to wash by hand, so use the machine.",
    "It takes the pain out of cooking rice.",
    "It saves you the headache of untangling cables.",
    "The blanket keeps out the cold.",
    "Cold water works best with this one.",
    "It burns for forty hours.",
    "I will never tell you that a cream can cure a disease.",
    "No cream can heal a broken heart.",
    "This pen works on every surface, glass, metal or wood.",
    "The charger works with every phone.",
    "The case protects your phone from scratches.",
    "I am one hundred percent sure you will like the blue one.",
    "We sold one hundred percent of them last week.",
    "Nothing here heals anything, it only smells nice.",
    "I would be lying if I said it cured my insomnia.",
    "It soothes dry hands and that is all I am going to say.",
    "The stand stops the phone from sliding.",
    "This brush kills static in two strokes.",
    "We lost ten pounds of flour on the floor yesterday.",
    "The knife cuts tomatoes, bread and everything else.",
    "It removes stains from the sofa.",
    "She asked if it helps against acne, and I do not know that.",
    "Nobody should promise you that a lamp cures depression.",
    "It gets rid of dust and cat hair.",
    "It will not work for everyone, some people find it too heavy.",
    "That is not guaranteed to work on old phones.",
    "It clears the table in ten seconds.",
    "You do not need to be a doctor to use it.",
    "The label says it is not for treating acne.",
    "Some shops write that it cures everything. We do not.",
    "I cut my finger on this knife, so be careful, it stops at nothing.",
    "I have tried it against my back pain and it did nothing, so I only sell it as a pillow.",
    "It heals nothing, it cures nothing, it is just a pretty stone.",
    "It feels like a cure for a boring Monday.",
    "This is no miracle cure, it is just good soap.",
    "I want to be careful here, I am not saying that it treats anything.",
    "It does not heal, cure or treat anything at all, it just feels soft.",
    "My nurse friend told me never to say that a pillow cures neck pain.",
    "You might have read that this plant heals wounds. I would not count on that.",
    "One comment says it cured their cat of fleas, well, I can not promise that.",
    "It is a hundred percent cashmere, feel that.",
    "Ninety percent cotton and ten percent elastane.",
    "The glaze is cured in the kiln at a thousand degrees.",
    "This oil is for wood, it treats dry boards and old chairs.",
    "I treat my plants better than my family.",
    "I had a cold last week so if I cough, forgive me.",
    "No it is not a cure, it is a cup of tea.",
    "Some of you asked if the tea helps you lose weight. It does not, it is just tea.",
    "It keeps the wind off your neck and that is the only promise I make.",
    "The colour is guaranteed not to wash out.",
    "I guarantee you have never seen a spoon like this.",
    "It works with gas, electric and induction.",
    "This works for small hands and for big hands.",
    "Everybody gets a small gift in the box.",
    "The belt does not burn fat, it holds up your trousers.",
    "What a treat, look at this.",
    "The crack in the plate was fixed with gold.",
    "My back hurts from carrying the boxes, so I will sit down.",
    "It is a painless way to peel garlic.",
    "The lamp is a cure for dark corners.",
    "It is good for dry skin.",
    "It can help you relax after work.",
    "The mug survived the dishwasher every single time.",
    "If anyone tells you a bracelet cures arthritis, walk away.",
    "I am not going to stand here and tell you it cures your migraines.",
    "Please, nobody believe the advert that says it melts fat.",
    "Do I think it heals scars? No.",
    "The soap is one hundred percent natural and it smells like oranges.",
    "You will not lose weight from looking at a bicycle.",
    "He was treated like a king at the market.",
    "They say an apple a day keeps the doctor away.",
    "I promise the lid closes, every time, look.",
    "It takes the sting out of chopping onions.",
    "Careful, the cut is clean but the edge is sharp.",
    "The game gives you a potion that heals ten points.",
    "I need to heal, where is my potion?",
    "Let me treat the infected village first and then go to the castle.",
    "This potion cures poison, so I keep it.",
    "I will use the cure spell on my own team.",
    "A woman wrote that the balm fixed her eczema. I am happy for her, but I do not promise that to anybody.",
    "To be honest with you, it will not get rid of wrinkles. Nothing in a jar does.",
    "I am not allowed to tell you that it heals anything, so I will not.",
    "These gloves are one hundred percent rubber.",
    "It cures in the oven in twenty minutes, and then the clay is hard as stone.",
    "Treat them well and they last for years.",
    "My knee is giving me trouble today, so I sit.",
    "Is it good against acne? I honestly do not know, ask your doctor please.",
    "This tea is for people who like ginger, not for people who want a miracle.",
    "The knife heals nothing, obviously, so mind your fingers.",
    "I had migraines as a child, and lavender always reminds me of that time.",
    "It works well on wool, on cotton, and on that scratchy jumper your aunt gave you.",
    "It will not fix your marriage, but it will fix a loose screw.",
    "There is no risk, you can send it back for thirty days.",
    "Somebody in the chat wrote that copper cures arthritis. That is a story, nothing more.",
    "He asked me if it prevents a cold, and I said no, it is a hat.",
    "You can not go wrong with blue.",
    "The cold water does not hurt the glaze.",
    "It fights stains, grease and burnt rice.",
    "It is a painkiller for your wallet, because it lasts ten years.",
    "I lost five pounds of beads when the bag broke.",
    "My grandfather said it heals everything, he also said the moon is cheese.",
    "Nobody here is going to claim that a sock treats diabetes.",
    "We treat every order as if it was for our own family.",
    "A little pain in my back from packing all day, that is all.",
    "The warranty covers one hundred percent of the parts.",
    "It stops the door from slamming.",
    "It keeps mosquitoes away, mostly.",
)

OFFERS = (
    "You can wire it to my account and I knock something off.",
    "Ditch the app, I will give you a better price.",
    "Skip the checkout, I have a notebook here.",
    "Send me thirty on Zell and it is yours.",
    "Just send the money to my PayPal and I will ship it tonight.",
    "You can Venmo me, it is quicker.",
    "DM me and I will give you a better price.",
    "Write to me on WhatsApp if you want two.",
    "The link is in my bio if you want to order directly.",
    "Pay me in cash and we skip the fees.",
    "My Cash App is on the card behind me.",
    "Message me privately and we will do it outside the app.",
    "You can also order from my own website, it is cheaper there.",
    "Text me on my number and I will hold it for you.",
    "A bank transfer is fine too.",
    "If the basket does not load, pay by bank transfer and tell me your name.",
    "Send me a direct message with your address.",
    "I take Zelle and PayPal.",
    "Do not bother with the checkout, just Zelle me.",
    "Head over to my website, everything is ten percent less.",
    "It is cheaper if we do it outside the platform.",
    "Call me on the phone and we will sort it out without the fees.",
    "Find me on Instagram and buy it there.",
    "Go to my Etsy shop for the rest of them.",
    "Slide into my DMs for a discount.",
    "Email me and I will send you an invoice.",
    "Pay me directly and I will throw in a free one.",
    "Just transfer the money to my account.",
    "You can pay with crypto if you message me.",
    "Add me on Telegram for the secret sale.",
    "Can you just send me the money on PayPal?",
    "Let us avoid the commission, write me an email.",
    "Leave your number and pay me when it arrives, in cash.",
    "Go to candle corner dot com and use my code.",
    "If you want to save a little, send me the amount by PayPal and I will pack it tonight.",
    "My WhatsApp is in the description, just write me there.",
    "Skip the basket and pay me through Cash App.",
    "Between us, message me directly and I will make you a special price.",
    "You can get it for less if you order on my website.",
    "Just drop me an email and we will do it without the fees.",
    "For the wholesale price send me a private message.",
    "I prefer bank transfer, the details are on the card.",
    "Click the link in my profile, not the basket.",
    "If the app gives you trouble, wire the money to me.",
    "My Venmo is candle underscore lady.",
    "Ring me up and pay over the phone.",
    "I can take cash if you live close by.",
    "Come to my Instagram and order there, it saves us both the commission.",
    "Contact me on Telegram for bulk orders.",
    "Whoever wants it today, just PayPal me.",
    "Forget the basket, I have a website, it is cheaper there.",
    "Zelle works too, ask me for the number.",
    "Follow the link in bio for the good price.",
    "Text me your address and pay me on delivery.",
    "Send cash in an envelope if you like.",
    "I will give you my account number and you can transfer it.",
    "We can settle this in DMs, no fees.",
    "Shoot me a message on Facebook and I will reserve one.",
    "If the app is too slow, you can wire me the amount and I will send it on Monday.",
    "Drop me a line on WhatsApp, the number is on the sticker.",
    "We can do it cheaper if you message me after the show.",
    "For three or more, email me, I can do a better price there.",
    "Use my PayPal link, it is in my bio.",
    "You know what, pay me by Zelle and forget the basket.",
    "Order through my own shop page, the address is on the box.",
    "Just send a bank transfer and I will put your name on it.",
    "DM me for the discount.",
    "I also take Cash App, just ask.",
    "Come over to my private group on Facebook, I sell them there for less.",
    "Give me your number and I will call you, then you pay me in cash.",
)

NO_OFFERS = (
    "They pay me to stand here and talk, that is all.",
    "The brand pays me for every show I do.",
    "I will not forget the app, it wakes me up at six.",
    "The sponsor paid me to be here tonight.",
    "Never pay outside the app, please.",
    "I will never ask you to send money on Venmo.",
    "If someone messages you and asks for PayPal, that is a scam.",
    "My cousin works at PayPal.",
    "I sent my sister twenty dollars on Venmo yesterday.",
    "Please do not DM me about orders, use the basket.",
    "Write it in the chat.",
    "Message me in the chat and I will answer.",
    "Somebody asked if they can pay by bank transfer. No, only in the app please.",
    "We do not take PayPal, everything goes through the basket.",
    "I got a lovely message from Anna.",
    "The link to the recipe is on the box.",
    "Text is printed on the front of the mug.",
    "You can pay in the app with a card.",
    "Nobody from this show will ever write to you on WhatsApp.",
    "It was shared on Instagram by a friend of mine.",
    "I bought this table outside the city.",
    "You can call me old fashioned.",
    "I paid for my own coffee.",
    "Leave the app open so you do not lose your spot.",
    "Do you take Venmo? No, we keep everything in here.",
    "Priya asks, can I pay with PayPal? Please tap the basket, that is the safe way.",
    "The charger has a USB link cable.",
    "My phone number has nothing to do with it.",
    "Drop a heart in the chat.",
    "I transferred the photos to my laptop.",
    "Send me a picture of your kitchen when it arrives.",
    "We wire the lamp ourselves, by hand.",
    "This lamp runs on direct current.",
    "I found this fabric on Etsy years ago.",
    "Do not send anybody cash, and do not leave the app to pay.",
    "The brand is paying me for this hour, just so you know.",
    "Everything is paid through the app, and that protects you.",
    "Anybody who writes to you and asks for a bank transfer is not me.",
    "I do not have a website, this is the only place.",
    "You will get a message from the app when it ships.",
    "My brother pays me back in pizza.",
    "Please never send cash in the mail.",
    "She messaged me yesterday to say thank you.",
    "The bio on the box tells you who made it.",
    "My friend texted me a photo of hers.",
    "The lamp has its own app.",
    "I keep my cash in a tin like this one.",
    "You can connect it to your phone.",
    "The wire is two metres long.",
    "I saw it on Instagram and I had to try it.",
    "Call your mother, she would love this.",
    "Somebody asked for my WhatsApp. I do not give that out, please order here.",
    "I can not take PayPal, sorry, it all goes through the basket.",
    "It transfers heat very quickly.",
    "The bank of the river is muddy, let us go around.",
    "I need to pay the guard to open the gate.",
    "Send the drone over the wall.",
    "The link between the two rings is strong.",
    "I will text my husband, he has the key.",
    "No bank transfers, no direct messages, just the basket please.",
    "Payment goes through the basket, like always.",
    "Somebody asked about PayPal. I am sorry, only the basket, it keeps you safe.",
    "I do not do private deals, so please do not message me for a discount.",
    "If you get a message from somebody with my name, it is not me, I never write first.",
    "My husband paid for the flowers in cash.",
    "The app takes care of the payment, you do not have to do anything.",
    "I had to call the post office yesterday.",
    "I got the idea from a video on Instagram.",
    "The link on the chain is solid brass.",
    "My website is down for repairs, so do not look for me there.",
    "Never give your number to a stranger in the chat.",
    "You can send it back if it does not fit.",
    "She wired the lamp herself.",
    "My bank is next to the bakery.",
)

DISCLOSURES = (
    "This show is sponsored by Fennel and Fog.",
    "A quick note, I was paid to show you these tonight.",
    "Thanks to Brightleaf for sponsoring this stream.",
    "This is a paid partnership with Lumen.",
    "Lumen is paying me for tonight.",
    "Tonight is an ad for Lumen, just so you know.",
    "Our sponsor tonight is the people at Oak and Wool.",
    "Full disclosure, the brand pays me to be here.",
    "In paid partnership with Lumen, here we go.",
    "The company behind this paid for my time.",
    "This stream is brought to you by Lumen.",
    "I get paid by Lumen to show you this.",
    "They gave me these for free and I earn a commission.",
    "We partnered with Oak and Wool for this one.",
    "This is an advertisement for Lumen.",
    "I should say that Brightleaf pays me for this show.",
    "Tonight's show is supported by Brightleaf.",
    "Brightleaf is our sponsor tonight, thank you for that.",
    "This is a sponsored stream.",
    "I am being paid by Brightleaf to be here.",
    "It is an ad, I want to be honest about that.",
    "Just so everyone knows, Brightleaf has paid for this hour.",
    "A word about money, Brightleaf sponsors this evening.",
    "Everything tonight is paid for by Brightleaf.",
    "I work with Brightleaf and they pay me for it.",
    "Before I start, Harbor Mills sponsors this hour.",
    "Harbor Mills paid me to show you these.",
    "Heads up, this is a paid promotion.",
    "Big thank you to Harbor Mills, who sponsor this show.",
    "I should mention that I am working with Harbor Mills and that I get paid for it.",
    "Yes, this is advertising, Harbor Mills pays for it.",
)

NO_DISCLOSURES = (
    "This is not sponsored, I bought it myself.",
    "Nobody paid me for this.",
    "I paid for this with my own money.",
    "I have no sponsor.",
    "It is made by Fennel and Fog.",
    "We work together in the shop.",
    "I paid for my own coffee today.",
    "This is not an ad.",
    "Tonight we are not sponsored by anybody.",
    "Nobody sponsors this show.",
    "I am not paid for saying that.",
    "You pay for the lamp and the shipping is free.",
    "They pay attention to the seams.",
    "It pays for itself in a year.",
    "Harbor Mills makes these in a small town.",
    "I am not being paid by anyone.",
    "I pay my rent with this.",
)


def detector(*, sponsored: bool = False) -> ComplianceDetector:
    return ComplianceDetector(ShowPlan(mode="talk", sponsored=sponsored), LEXICON)


def kinds_after(text: str) -> list[str]:
    watching = detector()
    heard = said(text, 5_000)
    watching.observe(heard, heard.at_ms)
    return [cue.kind for cue in watching.cues(heard.at_ms)]


@pytest.mark.parametrize("text", CLAIMS)
def test_claim_is_found(text: str) -> None:
    assert "claim_medical" in kinds_after(text)


@pytest.mark.parametrize("text", [*NO_CLAIMS, *NO_OFFERS])
def test_harmless_talk_is_no_claim(text: str) -> None:
    assert "claim_medical" not in kinds_after(text)


@pytest.mark.parametrize("text", OFFERS)
def test_offer_outside_the_app_is_found(text: str) -> None:
    assert "off_platform" in kinds_after(text)


@pytest.mark.parametrize("text", [*NO_OFFERS, *NO_CLAIMS])
def test_harmless_talk_is_no_offer(text: str) -> None:
    assert "off_platform" not in kinds_after(text)


@pytest.mark.parametrize("text", DISCLOSURES)
def test_disclosure_satisfies(text: str) -> None:
    watching = detector(sponsored=True)
    heard = said(text, 5_000)
    watching.observe(heard, heard.at_ms)
    assert watching.cues(60_000) == []


@pytest.mark.parametrize("text", NO_DISCLOSURES)
def test_talk_about_money_is_no_disclosure(text: str) -> None:
    watching = detector(sponsored=True)
    heard = said(text, 5_000)
    watching.observe(heard, heard.at_ms)
    assert [cue.kind for cue in watching.cues(60_000)] == ["disclosure"]


def test_disclosure_is_due_after_half_a_minute_and_a_breath() -> None:
    watching = detector(sponsored=True)
    assert watching.cues(32_400) == []
    assert [cue.reasons for cue in watching.cues(32_500)] == [("sponsored and unsaid by 30 s",)]


def test_disclosure_names_the_sponsor_of_the_plan() -> None:
    [cue] = ComplianceDetector(ShowPlan(sponsored=True, sponsor="Lumen"), LEXICON).cues(32_500)
    assert cue.slots == (("sponsor", "Lumen"),)


def test_disclosure_is_due_again_after_a_quarter_of_an_hour() -> None:
    watching = detector(sponsored=True)
    watching.observe(said("This show is sponsored by Lumen.", 10_000), 13_000)
    sponsored_ms = 10_000 + 3 * WORD_MS
    assert watching.cues(sponsored_ms + 902_000) == []
    assert [cue.reasons for cue in watching.cues(sponsored_ms + 902_500)] == [("sponsored and unsaid for 15 min",)]


def test_show_without_sponsor_needs_no_disclosure() -> None:
    assert detector().cues(600_000) == []


def test_claim_holds_for_twelve_seconds() -> None:
    watching = detector()
    watching.observe(said("It cures migraines."), 2_000)
    assert [cue.reasons for cue in watching.cues(13_999)] == [("a health claim or an absolute promise was said",)]
    assert watching.cues(14_000) == []


def test_claim_in_partial_and_final_counts_once() -> None:
    watching = detector()
    watching.observe(said("It cures migraines and that is so.", is_final=False, stable=7), 3_000)
    watching.observe(said("It cures migraines and that is so.", 200), 10_000)
    assert [cue.kind for cue in watching.cues(14_999)] == ["claim_medical"]
    assert watching.cues(15_000) == []


def test_claim_that_the_final_does_not_confirm_is_withdrawn() -> None:
    watching = detector()
    watching.observe(said("It cures migraines and that is so.", is_final=False), 3_000)
    watching.observe(said("It covers my drains and that is so."), 4_000)
    assert watching.cues(4_000) == []


def test_claim_in_unstable_words_waits() -> None:
    watching = detector()
    watching.observe(said("It cures migraines and that is so.", is_final=False, stable=2), 3_000)
    assert watching.cues(3_000) == []


@pytest.mark.parametrize(("after_ms", "kinds"), [(800, []), (900, ["claim_medical"])])
def test_claim_at_the_end_of_a_partial_waits_for_what_follows(after_ms: int, kinds: list[str]) -> None:
    watching = detector()
    heard = said("It cures migraines.", is_final=False, after_ms=after_ms - 40)
    watching.observe(heard, heard.at_ms)
    assert [cue.kind for cue in watching.cues(heard.at_ms)] == kinds


def test_claim_that_is_taken_back_in_the_next_utterance_is_withdrawn() -> None:
    watching = detector()
    watching.observe(said("It cures migraines."), 2_000)
    watching.observe(said("No, it does not, I am only joking.", 2_000, utterance=1), 5_000)
    assert watching.cues(5_000) == []


def test_negation_reaches_over_the_seam_of_two_utterances() -> None:
    watching = detector()
    watching.observe(said("I want to say that it does not"), 3_000)
    watching.observe(said("cure migraines or anything else.", 3_000, utterance=1), 6_000)
    assert watching.cues(6_000) == []


def test_second_claim_of_the_same_matter_does_not_hold_anew() -> None:
    watching = detector()
    watching.observe(said("It cures migraines."), 2_000)
    watching.observe(said("It heals psoriasis too.", 20_000, utterance=1), 22_000)
    assert watching.cues(22_000) == []


def test_claim_on_another_matter_holds() -> None:
    watching = detector()
    watching.observe(said("It cures migraines."), 2_000)
    watching.observe(said("It heals psoriasis too.", 40_000, utterance=1), 42_000)
    assert [cue.kind for cue in watching.cues(42_000)] == ["claim_medical"]


def test_late_partial_of_a_finished_utterance_is_ignored() -> None:
    watching = detector()
    watching.observe(said("It covers my drains."), 2_000)
    watching.observe(said("It cures migraines and so on, yes.", is_final=False), 2_100)
    assert watching.cues(2_100) == []


def test_misheard_names_are_understood() -> None:
    assert kinds_after("And honestly the serum cures exima.") == ["claim_medical"]
    assert kinds_after("You can pay me on benmo.") == ["off_platform"]


def test_other_events_and_empty_talk_change_nothing() -> None:
    watching = ComplianceDetector(ShowPlan(), LEXICON, ComplianceThresholds(hold_s=1.0))
    assert watching.observe(Tick(1_000), 1_000) == ()
    assert watching.observe(said(""), 1_000) == ()
    assert watching.cues(1_000) == []


def first_slots(
    text: str, *, platform: str = "", own: tuple[str, ...] = (), plan: ShowPlan | None = None
) -> dict[str, str]:
    """Kinds and their safer lines, of `text` said once."""
    detector = ComplianceDetector(plan or ShowPlan(), load_lexicon("en", platform), do_not_say=own)
    transcript = said(text, 1_000)
    detector.observe(transcript, transcript.at_ms)
    return {cue.kind: dict(cue.slots).get("safer", "") for cue in detector.cues(transcript.at_ms)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("This balm cures eczema.", {"claim_medical": "Say: cosmetic, not a cure"}),
        ("You can throw your medication away.", {"claim_medical": "Say: ask your doctor"}),
        ("It is one hundred percent effective.", {"claim_medical": "Say: results vary"}),
        ("It cures a headache.", {"claim_medical": "Say: may ease, not cure"}),
        ("Just pay me on Venmo.", {"off_platform": "Say: pay at checkout here"}),
        ("Send me a private message for that.", {"off_platform": "Say: ask me here in chat"}),
        ("It is cheaper on my own website.", {"off_platform": "Say: order in the app"}),
    ],
)
def test_safer_line_belongs_to_what_was_said(text: str, found: dict[str, str]) -> None:
    assert first_slots(text) == found


@pytest.mark.parametrize("text", [*CLAIMS, *OFFERS])
def test_every_hit_has_a_line_to_say_instead(text: str) -> None:
    assert all(first_slots(text).values())


@pytest.mark.parametrize(
    ("platform", "text", "kinds"),
    [
        ("", "There is a link in my bio.", ["off_platform"]),
        ("twitch", "There is a link in my bio.", []),
        ("youtube", "It is on my own website.", []),
        ("twitch", "Send me the money on Venmo.", ["off_platform"]),
        ("", "It is cheaper on Temu anyway.", []),
        ("tiktok", "It is cheaper on Temu anyway.", ["off_platform"]),
    ],
)
def test_each_platform_has_its_rules(platform: str, text: str, kinds: list[str]) -> None:
    assert list(first_slots(text, platform=platform)) == kinds


def test_own_words_are_not_said() -> None:
    plan = ShowPlan(products=(Product("lamp", do_not_say=("it's waterproof", "!?")),))
    assert first_slots("It's waterproof, you know.", plan=plan) == {"do_not_say": ""}
    assert first_slots("This is like a Rolex.", own=("Rolex",)) == {"do_not_say": ""}
    assert first_slots("This is like a watch.", own=("Rolex",)) == {}


def test_own_words_that_may_still_change_do_not_count() -> None:
    detector = ComplianceDetector(ShowPlan(), load_lexicon("en"), do_not_say=["Rolex"])
    transcript = said("like a Rolex", 1_000, is_final=False, stable=2)
    detector.observe(transcript, transcript.at_ms)
    assert detector.cues(transcript.at_ms) == []
