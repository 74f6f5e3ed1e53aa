"""The craft of selling: prices, calls to action, recaps and questions in a seller's talk."""

from __future__ import annotations

import pytest

from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.core.events import Chat, NextItem, Rundown, Screen, Tick
from martlive_desktop.core.plan import Product, ShowPlan
from martlive_desktop.core.signals.selling import SellingDetector, SellingThresholds
from tests.fakes.talk import said

LEXICON = load_lexicon("en")

LAMP = Product("desk lamp", ("lamp",), 46.5, ("was 70", "20 watts", "folds flat"))
SCARF = Product("wool scarf", ("scarf",), 24.0, ("180 cm", "one hundred percent wool"))
TEA = Product("tea tin", ("tea",), 9.95)
PLAN = ShowPlan(products=(LAMP, SCARF, TEA))

CALLS = (
    "Tap the basket and it is yours.",
    "Go ahead and add it to your cart before they sell out.",
    "Click the orange button at the bottom.",
    "Grab yours now, there are six left.",
    "Hit the cart icon on your screen.",
    "Pop one in your basket while you think about it.",
    "Order now and it ships tomorrow.",
    "Head to the basket if you want one.",
    "You can find it in the basket.",
    "Press buy now and choose your size.",
    "The link is right below me.",
    "Put it in your bag before midnight.",
    "Check out now and I will wrap it tonight.",
    "Throw two of them in the cart.",
    "Secure yours before the timer ends.",
    "It is waiting for you in the basket, just tap.",
    "Get yours now while I still have blue.",
    "Open the basket and pick your shade.",
    "Add to cart now.",
    "Swipe up and order.",
    "Go on, tap it and put it in your cart.",
    "The basket is at the bottom of your screen, tap it.",
    "Add one to your basket before they go.",
    "If you like it, hit that buy button.",
    "Click below to get yours.",
    "Two taps and it is yours, so tap the basket now.",
    "Snag one while we still have them.",
    "Do not wait, order yours tonight.",
    "It is in the basket for you right now.",
    "Pick your size and press order.",
    "Drop it in the cart.",
    "Get it in your basket.",
    "You can tap the yellow basket and choose the colour.",
    "Grab one before the end of the show.",
    "Place your order while the price is on.",
    "Reserve yours now.",
    "Get one for your sister too, the basket is open.",
    "Tap the link and choose a date.",
    "Buy it today and it ships on Monday.",
    "Go to the shop tab and pick one.",
    "So go tap that basket.",
    "Yours with one tap on the basket below.",
    "If that is you, the yellow basket is right there, use it.",
    "Add it to your order now.",
    "Pick one up tonight, the basket is at the bottom.",
    "Hurry and grab one, I have four.",
    "You can order it now from the basket.",
    "Tap to buy.",
    "Click on the cart and choose a colour.",
    "Put two in your basket.",
)

NO_CALLS = (
    "I tap it with the spoon and it rings.",
    "I put the potatoes in the basket of the fryer.",
    "Press the button on the side and it lights up.",
    "She ordered three last week.",
    "It clicks when you close it.",
    "My dog sleeps in a basket like this.",
    "I grabbed my coat and ran.",
    "The bag has three pockets.",
    "We add a bit of salt.",
    "You tap the lid twice to open it.",
    "This is twenty dollars tonight.",
    "I bought it in a small shop.",
    "Let me put it down here.",
    "Take your time.",
    "I ordered the wool from a farm.",
    "You press this and it opens.",
    "My basket of apples is on the table.",
    "She puts it in her bag every morning.",
    "Every night I put my keys in it.",
    "The button is made of horn.",
    "Now and then I grab a cloth.",
    "He clicks the lid on and off.",
    "It takes me a minute to get it open.",
    "The order does not matter.",
    "We shop at the same market every week.",
    "The knitting basket behind me is my mother's.",
    "I cut the bread and put it in a basket.",
    "The order came late yesterday.",
    "I click the pen when I am nervous.",
    "We bought it in Portugal.",
    "It has a small button on the strap.",
    "She has one in her bag.",
)

QUESTIONS = (
    "Which colour would you choose, the red or the green?",
    "Tell me in the chat where you are watching from.",
    "What should we cook next week?",
    "Do you have a cat at home?",
    "How many of you drink tea in the evening?",
    "Let me know in the comments.",
    "Would you wear this to work?",
    "Should I open the left door or the right one?",
    "Type a one if you want to see it again.",
    "Who here has a garden?",
    "Anyone else afraid of spiders?",
    "What is your favourite season?",
    "Are you team sweet or team salty?",
    "Any questions about the size?",
    "Vote in the chat, left or right.",
    "Where are you all from?",
    "Have you ever tried a cold brew?",
    "What do you think about this one?",
    "Give me a number between one and ten in the chat.",
    "Which team do we pick?",
    "Shall we go left or right? Tell me.",
    "Drop a heart if you like it.",
    "Where would you put this in your house?",
    "Do you take sugar in your coffee?",
    "Tell me what you would cook in it.",
    "Who wants to see it in the dark?",
    "Have you got pets?",
    "What colour should I show you next?",
    "What are you drinking tonight? Write it down there in the chat.",
    "Are you a morning person?",
    "Which do you like better, the round one or the square one?",
    "Is anybody here left handed?",
    "Would you rather have the big one or the small one?",
    "I want to know, do you iron your shirts?",
    "So, chat, which door?",
    "Do we go in or do we run? You decide.",
    "Give me a yes in the chat if you want to see it.",
    "Let me know what you would use it for.",
    "What do you call this where you live?",
    "Can you guess how many beads there are?",
    "Raise your hand in the chat if you own one.",
    "Anybody else cold tonight?",
    "How do you keep your knives sharp?",
    "Does anyone have a better idea?",
    "What would you use it for? Tell me, I am curious.",
    "Do you guys like it spicy?",
    "Who has been to Lisbon? Hands up in the chat.",
    "Which one should I open first?",
    "Left or right? You tell me in the chat.",
    "How old were you when you learned to swim?",
    "Would anybody like to see the back?",
    "Can anyone tell me what this plant is called?",
    "Are you watching from work?",
    "What is the weather like where you are?",
    "Do you want me to try it on?",
    "Is it cold where you are?",
    "What are we naming this dog? Chat, help me.",
)

NO_QUESTIONS = (
    "Isn't it funny how your shoulders drop when the light goes warm?",
    "Isn't that gorgeous, the way it folds?",
    "Was it not strange how quiet the street was?",
    "Who does not love fresh bread?",
    "It is nice, right?",
    "Who puts a key in a fish tank?",
    "Why would anybody lock this door?",
    "Can you believe this weather?",
    "Do you see how it shines?",
    "You know what I mean?",
    "What is this, a bridge?",
    "Where did I put my scissors?",
    "How did that happen?",
    "What am I doing?",
    "Is that a bear?",
    "Are you kidding me?",
    "How am I supposed to jump over that?",
    "Look at the colour, isn't it lovely?",
    "What a day.",
    "Yuki asked if it fits in a bag.",
    "I wonder which way the river goes.",
    "Why do I always do this?",
    "Who knew that felt could be so soft?",
    "Did you hear that?",
    "What is not to like?",
    "Who would not want that?",
    "Isn't that pretty?",
    "How good is that?",
    "What was that noise?",
    "Is it just me or is it dark?",
    "And what do I find under the bed? Nothing.",
    "Why is there a cow in the kitchen?",
    "Where is the key? Ah, there.",
    "What could possibly go wrong?",
    "Who built this bridge?",
    "It is soft, you know?",
    "Can you imagine a winter without it?",
    "Do you see the stitching here?",
    "What more could you ask for?",
    "Did I lock the gate? I did.",
    "How hard can it be?",
    "Oh really?",
    "Remember when we did this last week?",
    "When will it stop raining?",
    "Is there anything nicer than warm socks?",
    "Who would have thought?",
    "What is that thing doing there?",
    "Is this the right key? No. This one? No.",
    "How pretty is this, huh?",
    "Why is it always the last one?",
    "Do I jump? I jump.",
    "And who is that behind the curtain?",
    "Isn't it something?",
    "What a view, right?",
    "Where does this tunnel go?",
    "Anna asks how long it is. It is two metres.",
)

WRONG_PRICES = (
    "The desk lamp is $59, and that includes the cable.",
    "It is $64.50 tonight.",
    "It is forty two dollars for the next hour.",
    "The lamp is only $39.95 today.",
    "You can have it for $55.",
    "Tonight it costs fifty six dollars and fifty cents.",
    "The price is $49.",
    "Yours for just thirty five bucks.",
    "It goes for $60 and you get the bulb as well.",
    "This one is $46 and it comes with a bulb.",
    "So that is $36.50 for the lamp.",
    "The scarf is $34 and it comes in grey.",
    "We have the wool scarf for twenty nine dollars.",
    "It's just 36.50 tonight.",
    "The tea is $12.95 a tin.",
    "I can do it for $50 tonight.",
    "The lamp tonight, $52.",
    "Forty one fifty for the lamp, that is all.",
)

NO_WRONG_PRICES = (
    "It is $46.50 tonight.",
    "The lamp is 46.50 today.",
    "It is forty six fifty, and that is with the cable.",
    "It is forty six dollars and fifty cents.",
    "It is $46.50, down from $70.",
    "It was $70 and now it is $46.50.",
    "In the shops it is $80.",
    "I paid $200 for my old one.",
    "It runs at 20 watts and it has 3 colors.",
    "Shipping is $5.",
    "Orders over $60 ship free.",
    "You save $24 tonight.",
    "The scarf is $24 and the lamp is $46.50.",
    "It is under fifty dollars.",
    "Two of them for $80.",
    "It is 180 centimeters long.",
    "There are forty people here.",
    "I have sold 59 of them.",
    "It is from 1959 and it still works.",
    "It takes 30 minutes to charge.",
    "It is the third of May, at 7.30.",
    "I bake it at two hundred degrees for 25 minutes.",
    "We have twelve left.",
    "Normally this would be seventy five dollars.",
    "My neighbor bought one for $90 in a store.",
    "Use code 1950 at the door.",
    "That is cheaper than a $60 one.",
    "If you buy both it is $70.50.",
    "The bulb for it is $6, sold separately.",
    "People spend $100 on a lamp like this.",
    "I found a $20 bill in my coat.",
    "It is worth $90 easily.",
    "It is not $59, it is $46.50.",
    "Not fifty nine dollars, forty six fifty.",
    "The gift wrap is $3.",
    "You get $5 off if you are new.",
    "That is less than a dollar a day.",
    "It is 46.50. The scarf is 24 dollars.",
    "The tea is 9.95 and it is 100 grams.",
    "Three for thirty dollars if you want the tea.",
    "It has 12 blades and 46 holes.",
    "That is 4 inches and 5 millimeters.",
    "The battery holds ten thousand milliamp hours.",
    "Seven, two, two, nine.",
    "It's around fifty dollars with the shipping.",
    "The scarf was $40 last winter.",
    "I would pay sixty dollars for it.",
    "It costs me nine dollars to ship.",
    "The model with the clamp is $75, but I do not have it here.",
    "It is $46. And fifty cents.",
    "It's sixteen inches tall.",
    "It has a ten year warranty and a 30 day return.",
    "Half price, it was ninety three.",
)


class Show:
    """A show that is being talked through."""

    def __init__(self, plan: ShowPlan = PLAN) -> None:
        self.detector = SellingDetector(plan, LEXICON)
        self._utterance = 0

    def say(self, at_s: float, text: str, *, is_final: bool = True, stable: int | None = None) -> int:
        """Say `text`; give when it was known."""
        heard = said(text, round(at_s * 1000), utterance=self._utterance, is_final=is_final, stable=stable)
        self._utterance += is_final
        self.detector.observe(heard, heard.at_ms)
        return heard.at_ms

    def see(self, at_s: float, product: str = "") -> None:
        """Show a picture in which `product` is recognised."""
        screen = Screen(round(at_s * 1000), "", False, False, 0.5, False, product=product)
        self.detector.observe(screen, screen.at_ms)

    def kinds(self, at_s: float) -> list[str]:
        return [cue.kind for cue in self.detector.cues(round(at_s * 1000))]


@pytest.mark.parametrize("text", CALLS)
def test_call_to_action_is_heard(text: str) -> None:
    show = Show()
    show.say(1, "The desk lamp is $46.50 tonight.")
    show.say(40, text)
    assert "cta_missing" not in show.kinds(90)


@pytest.mark.parametrize("text", NO_CALLS)
def test_talk_about_things_is_no_call_to_action(text: str) -> None:
    show = Show()
    show.say(1, "The desk lamp is $46.50 tonight.")
    show.say(40, text)
    assert "cta_missing" in show.kinds(90)


@pytest.mark.parametrize("text", QUESTIONS)
def test_question_to_the_viewers_is_heard(text: str) -> None:
    show = Show(ShowPlan(mode="gaming"))
    show.say(60, text)
    assert show.kinds(530) == []


@pytest.mark.parametrize("text", NO_QUESTIONS)
def test_rhetorical_question_does_not_count(text: str) -> None:
    show = Show(ShowPlan(mode="gaming"))
    show.say(60, text)
    assert show.kinds(530) == ["ask_room"]


@pytest.mark.parametrize("text", WRONG_PRICES)
def test_wrong_price_is_found(text: str) -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    known_ms = show.say(10, text)
    assert "price_mismatch" in show.kinds(known_ms / 1000)


@pytest.mark.parametrize("text", NO_WRONG_PRICES)
def test_other_numbers_are_no_wrong_price(text: str) -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    known_ms = show.say(10, text)
    assert "price_mismatch" not in show.kinds(known_ms / 1000)


def test_wrong_price_names_the_product_and_its_price() -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    known_ms = show.say(5, "It is $59 tonight.")
    [cue] = show.detector.cues(known_ms)
    assert cue.kind == "price_mismatch"
    assert cue.reasons == ("59 was said, 46.5 is planned",)
    assert cue.slots == (("product", "desk lamp"), ("price", "$46.50"))


def test_wrong_price_holds_for_twelve_seconds() -> None:
    show = Show()
    known_ms = show.say(1, "The desk lamp is $59 tonight.")
    assert "price_mismatch" in show.kinds(known_ms / 1000 + 11.9)
    assert "price_mismatch" not in show.kinds(known_ms / 1000 + 12)


def test_correction_clears_a_wrong_price() -> None:
    show = Show()
    show.say(1, "The desk lamp is $59 tonight.")
    known_ms = show.say(6, "Sorry, it is $46.50, I misread it.")
    assert "price_mismatch" not in show.kinds(known_ms / 1000)


def test_right_price_before_does_not_excuse_a_wrong_one() -> None:
    show = Show()
    show.say(1, "The desk lamp is $46.50 tonight.")
    show.say(8, "The desk lamp is $59 tonight.")
    known_ms = show.say(14, "It folds flat.")
    assert "price_mismatch" in show.kinds(known_ms / 1000)


@pytest.mark.parametrize(
    ("planned", "text"),
    [
        (14.5, "It is $40.50 tonight."),
        (14.5, "It is $14.15 tonight."),
        (30.0, "It is $13 tonight."),
        (14.5, "It is $1450 tonight."),
        (46.5, "It is $46."),
    ],
    ids=["forty", "fifteen cents", "thirteen", "no point", "cents to come"],
)
def test_price_as_recognisers_mishear_it_is_right(planned: float, text: str) -> None:
    show = Show(ShowPlan(products=(Product("lamp", price=planned),)))
    show.say(1, "This is the lamp.")
    known_ms = show.say(5, text)
    assert "price_mismatch" not in show.kinds(known_ms / 1000)
    assert "price_missing" not in show.kinds(100)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("It is forty six fifty, with the cable.", 0),
        ("It is only 24 tonight.", 1),
        ("The tea is nine ninety five.", 2),
        ("995 for the whole tin, and it lasts a month.", 2),
        ("4650 for this one, with the cable.", 0),
        ("It is $46.50 tonight, so it is less than a bicycle.", 0),
    ],
)
def test_price_that_is_said_in_any_way_counts(text: str, index: int) -> None:
    show = Show()
    show.say(1, f"This is the {PLAN.products[index].name}.")
    show.say(30, text)
    assert "price_missing" not in show.kinds(100)


def test_price_of_one_product_is_none_of_another() -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    show.say(5, "It is warm and soft, and it is 24 inches.")
    assert "price_missing" in show.kinds(70)


def test_bare_number_is_no_wrong_price() -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    known_ms = show.say(5, "It is 59 today.")
    assert show.kinds(known_ms / 1000) == []


def test_product_is_named_after_its_price() -> None:
    show = Show()
    show.say(1, "Here is something for your desk.")
    show.say(5, "Only $46.50 for the desk lamp.")
    assert show.detector.product == "desk lamp"
    assert "reset" not in show.kinds(306)


def test_amount_before_any_product_is_about_nothing() -> None:
    show = Show()
    known_ms = show.say(1, "It is $59 tonight and $24 too.")
    assert show.kinds(known_ms / 1000) == []


def test_product_without_a_price_is_never_wrong() -> None:
    show = Show(ShowPlan(products=(Product("mystery box"),)))
    show.say(1, "This is the mystery box.")
    known_ms = show.say(5, "It is $59 tonight.")
    assert show.kinds(known_ms / 1000) == []
    [cue] = show.detector.cues(70_000)
    assert (cue.kind, cue.slots) == ("price_missing", (("product", "mystery box"),))


def test_unstable_amount_waits() -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    known_ms = show.say(5, "It is $59 tonight with the cable.", is_final=False, stable=2)
    assert show.kinds(known_ms / 1000) == []


def test_stable_amount_waits_for_cents() -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    known_ms = show.say(5, "It is $59 tonight", is_final=False)
    assert show.kinds(known_ms / 1000) == []
    known_ms = show.say(5, "It is $59 tonight with the cable", is_final=False)
    assert show.kinds(known_ms / 1000) == ["price_mismatch"]


def test_price_is_missing_after_a_minute_on_an_item() -> None:
    show = Show()
    show.say(10, "These are the desk lamps.")
    since_ms = show.detector.product_since_ms
    assert show.detector.product == "desk lamp"
    assert show.kinds(since_ms / 1000 + 61.6) == []
    [cue] = show.detector.cues(since_ms + 61_700)
    assert (cue.kind, cue.slots) == ("price_missing", (("product", "desk lamp"), ("price", "$46.50")))


def test_unstable_name_is_no_introduction() -> None:
    show = Show()
    show.say(1, "These are the desk lamps.", is_final=False, stable=2)
    assert show.detector.product == ""


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("Next is the wool scarf, feel that.", "wool scarf"),
        ("It looks lovely with the scarf.", "wool scarf"),
        ("Later I have the wool scarf.", "desk lamp"),
        ("Next to the lamp, here is the scarf.", "wool scarf"),
        ("I like the lamp and the scarf.", "desk lamp"),
        ("This is the wull scarf.", "wool scarf"),
        ("Here is the woolscarf.", "wool scarf"),
        ("It is a good colour.", "desk lamp"),
    ],
)
def test_product_that_is_on(text: str, product: str) -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    show.say(20, text)
    assert show.detector.product == product


def test_mention_of_an_earlier_product_does_not_bring_it_back() -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    show.say(60, "This is the wool scarf.")
    show.say(90, "It goes with the lamp.")
    assert show.detector.product == "wool scarf"
    show.say(120, "Back to the lamp.")
    assert show.detector.product == "desk lamp"


def test_call_to_action_is_missing_a_minute_after_the_price() -> None:
    show = Show()
    known_ms = show.say(1, "The desk lamp is $46.50 tonight.")
    assert "cta_missing" not in show.kinds((known_ms - 40) / 1000 + 61.6)
    assert "cta_missing" in show.kinds((known_ms - 40) / 1000 + 61.7)


def test_call_to_action_just_before_the_price_counts() -> None:
    show = Show()
    show.say(1, "This is the desk lamp. Tap the basket, it is $46.50 tonight.")
    assert show.kinds(65) == []


def test_next_price_needs_the_next_call_to_action() -> None:
    show = Show()
    show.say(1, "The desk lamp is $46.50 tonight. Tap the basket.")
    show.say(80, "The wool scarf is $24 tonight.")
    assert show.kinds(130) == []
    assert "cta_missing" in show.kinds(146)


def test_recap_is_due_after_five_minutes() -> None:
    show = Show()
    show.say(1, "The desk lamp is $46.50 tonight. Tap the basket.")
    recap_ms = 9 * 370 + 1_000 - 40
    show.say(200, "It folds flat, look.")
    assert "reset" not in show.kinds(recap_ms / 1000 + 302.6)
    [cue] = [cue for cue in show.detector.cues(recap_ms + 302_700) if cue.kind == "reset"]
    assert cue.slots == (("product", "desk lamp"), ("price", "$46.50"))


def test_price_without_a_name_nearby_is_no_recap() -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    show.say(200, "It is $46.50 tonight. Tap the basket.")
    assert "reset" in show.kinds(303)


def test_name_after_the_price_makes_a_recap() -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    show.say(200, "It is $46.50 tonight. Tap the basket.")
    show.say(206, "That is the desk lamp for you.")
    assert "reset" not in show.kinds(303)


def test_recap_before_any_product_has_no_slots() -> None:
    [cue] = Show().detector.cues(302_000)
    assert (cue.kind, cue.slots) == ("reset", ())


def test_currency_without_a_sign_is_written_out() -> None:
    show = Show(ShowPlan(currency="SEK", products=(Product("lamp", price=300.0),)))
    show.say(1, "This is the lamp.")
    known_ms = show.say(5, "It is 400 kronor tonight.")
    [cue] = show.detector.cues(known_ms)
    assert cue.slots == (("product", "lamp"), ("price", "300 SEK"))


def test_show_that_sells_nothing_is_only_asked_for_questions() -> None:
    show = Show(ShowPlan(mode="talk", products=(LAMP,)))
    show.say(1, "This is the desk lamp, it is $59.")
    assert show.kinds(482) == []
    show.detector.observe(Chat(482_000, "Rosa", "hi", "test"), 482_000)
    assert show.kinds(481) == []
    assert show.kinds(482) == ["ask_room"]


@pytest.mark.parametrize(("heard", "kinds"), [("30 for 99", []), ("30 four 99", []), ("30 for 98", ["price_missing"])])
def test_thirty_four_ninety_nine_may_be_written_with_for(heard: str, kinds: list[str]) -> None:
    show = Show(ShowPlan(products=(Product("morning greens", price=34.99),)))
    show.say(1, f"Next the morning greens. Those are {heard} a tub. Tap the basket now.")
    assert [kind for kind in show.kinds(70) if kind == "price_missing"] == kinds


def test_price_goes_on_through_a_sentence_with_and() -> None:
    show = Show(ShowPlan(products=(LAMP,)))
    show.say(1, "This is the desk lamp, it is $59. And it used to cost more than that in the old days.")
    assert "cta_missing" not in show.kinds(67)
    assert "cta_missing" in show.kinds(71)


def test_selling_show_without_products_has_nothing_to_miss() -> None:
    assert Show(ShowPlan()).kinds(400) == []


def test_other_events_and_empty_talk_change_nothing() -> None:
    detector = SellingDetector(PLAN, LEXICON, SellingThresholds(ask_after_s=1.0))
    assert detector.observe(Tick(1_000), 1_000) == ()
    assert detector.observe(said(""), 1_000) == ()
    assert detector.product_since_ms == 0


def test_next_item_of_the_plan_is_put_on_and_after_the_last_the_first() -> None:
    detector = SellingDetector(PLAN, LEXICON)
    names = [product.name for product in PLAN.products]
    for turn, name in enumerate([*names, names[0]], start=1):
        told = detector.observe(NextItem(turn * 60_000), turn * 60_000)
        assert told == (Rundown(turn * 60_000, name, "shown"),)
        assert (detector.product, detector.product_since_ms) == (name, turn * 60_000)


@pytest.mark.parametrize("plan", [ShowPlan(), ShowPlan(mode="talk", products=(LAMP,))], ids=["empty", "talk"])
def test_there_is_no_next_item_where_nothing_is_sold(plan: ShowPlan) -> None:
    detector = SellingDetector(plan, LEXICON)
    detector.observe(NextItem(1_000), 1_000)
    assert detector.product == ""


def test_product_in_the_picture_is_on_before_any_is_named() -> None:
    show = Show()
    show.see(2)
    assert show.detector.product == ""
    show.see(4, "wool scarf")
    assert (show.detector.product, show.detector.product_since_ms) == ("wool scarf", 4_000)
    assert show.kinds(65.6) == []
    assert show.kinds(65.7) == ["price_missing"]


def test_product_of_another_plan_in_the_picture_is_not_on() -> None:
    show = Show()
    show.see(4, "toaster")
    assert show.detector.product == ""


def test_picture_tells_nothing_where_nothing_is_sold() -> None:
    show = Show(ShowPlan(mode="talk", products=(LAMP,)))
    show.see(4, "desk lamp")
    assert show.detector.product == ""


@pytest.mark.parametrize(
    ("seen", "product"),
    [
        pytest.param([(10, "wool scarf"), (23, "wool scarf")], "desk lamp", id="just named"),
        pytest.param([(10, "wool scarf"), (24, "wool scarf")], "wool scarf", id="not named for a while"),
        pytest.param([(40, "wool scarf")], "desk lamp", id="seen once"),
        pytest.param([(40, "wool scarf"), (42, "wool scarf")], "desk lamp", id="seen shortly"),
        pytest.param([(40, "wool scarf"), (43, "wool scarf")], "wool scarf", id="seen for three seconds"),
        pytest.param([(40, "wool scarf"), (41, ""), (43, "wool scarf")], "wool scarf", id="hidden by a hand"),
        pytest.param([(40, "wool scarf"), (42, "tea tin"), (44, "wool scarf")], "desk lamp", id="one after the other"),
        pytest.param([(0.5, "wool scarf"), (25, "wool scarf"), (50, "wool scarf")], "desk lamp", id="on the shelf"),
        pytest.param([(0.5, "wool scarf"), (31, "wool scarf"), (34, "wool scarf")], "wool scarf", id="shown anew"),
        pytest.param([(40, "desk lamp"), (50, "desk lamp")], "desk lamp", id="the one that is on"),
    ],
)
def test_product_in_the_picture_is_on_when_the_talk_leaves_the_last_one(
    seen: list[tuple[float, str]], product: str
) -> None:
    show = Show()
    if seen[0][0] < 1:
        show.see(*seen.pop(0))
    show.say(1, "This is the desk lamp.")
    for at_s, name in seen:
        show.see(at_s, name)
    assert show.detector.product == product


def test_product_that_is_talked_about_stays_on_whatever_is_seen() -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    for at_s in range(10, 100, 10):
        show.say(at_s, "The lamp folds flat.")
        show.see(at_s + 3, "wool scarf")
    assert show.detector.product == "desk lamp"


def test_words_that_come_late_win_over_the_picture() -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    show.see(40, "wool scarf")
    show.see(50, "wool scarf")
    show.say(49, "Here is the tea.")
    assert show.detector.product == "tea tin"


def test_earlier_words_do_not_take_back_what_the_picture_showed() -> None:
    show = Show()
    show.say(1, "This is the desk lamp.")
    show.see(10, "wool scarf")
    show.see(24, "wool scarf")
    show.say(24.5, "Feel how soft it is.")
    assert show.detector.product == "wool scarf"


def test_product_that_the_picture_put_on_is_introduced_once_it_is_named() -> None:
    show = Show()
    show.see(4, "wool scarf")
    show.say(10, "The scarf is soft.")
    show.say(30, "This is the desk lamp.")
    show.say(50, "It goes with the scarf.")
    assert show.detector.product == "desk lamp"


def told(detector: SellingDetector, *lines: tuple[float, str]) -> list[tuple[int, str, str]]:
    """What was written down about the plan while `lines` were said."""
    out: list[tuple[int, str, str]] = []
    for number, (at_s, text) in enumerate(lines):
        transcript = said(text, round(at_s * 1000), utterance=number)
        out += [(one.at_ms, one.item, one.what) for one in detector.observe(transcript, transcript.at_ms)]
    return out


def test_what_is_done_for_an_item_is_written_down() -> None:
    lines = (
        (10, "Next up is the desk lamp."),
        (20, "The desk lamp is forty six fifty."),
        (26, "The desk lamp is forty six fifty."),
        (40, "Tap the basket and it is yours."),
        (42, "Tap the basket."),
        (90, "The desk lamp is forty six fifty today."),
    )
    assert [(item, what) for _, item, what in told(SellingDetector(PLAN, LEXICON), *lines)] == [
        ("desk lamp", "shown"),
        ("desk lamp", "price"),
        ("desk lamp", "recap"),
        ("desk lamp", "price"),
        ("desk lamp", "call"),
        ("desk lamp", "price"),
        ("desk lamp", "recap"),
    ]


def test_call_before_any_item_belongs_to_none() -> None:
    assert [one[1:] for one in told(SellingDetector(PLAN, LEXICON), (10, "Tap the basket now."))] == [("", "call")]
