"""English: everything around the wishes."""

from __future__ import annotations

from . import english_asks as asks
from ._naming_en import EnglishNaming
from ._voice import Voice, lines
from .english_talks import FOREIGN, TALKS, VAGUE

_STORIES = {
    "return": lines("""
The color looks different in daylight than in your pictures.
It does not fit where I wanted to put it.
It's smaller than I imagined.
It was a gift and the person already had one.
I tried it once and it just isn't for me.
After a week of thinking I know I won't use it.
It arrived in perfect shape, it's simply not what I expected.
"""),
    "exchange": lines("""
I measured wrong, my fault.
We realized that at home only after unpacking.
It looks nice, just not with the rest of our things.
I thought I knew what I needed, but no.
Nothing is broken, it's unused and in the box.
My daughter talked me into the other one.
"""),
    "items": lines("""
I wrote it down wrong when I ordered.
My husband pointed it out to me this morning.
I read the description again and noticed.
Sorry for the extra work.
"""),
    "payment": lines("""
That account is for work expenses only.
I am about to close the old one.
My budget looks better that way this month.
I selected the wrong one in a hurry.
"""),
    "address": lines("""
The house is being renovated.
The porter at the other place doesn't take parcels.
I'm looking after my mother for a while.
The doorbell at the old place is broken anyway.
"""),
    "user_address": lines("""
The movers left an hour ago and I'm surrounded by boxes.
It was about time, the old place had no lift.
I nearly forgot to tell you.
"""),
}
ENGLISH = Voice(
    naming=EnglishNaming(),
    greetings=lines("""
Hi,
Hello,
Hi there,
Good morning,
Good afternoon,
Hey,
Hello Quillmoor team,
Dear Quillmoor,
Dear customer service,
To whom it may concern,
Hi Quillmoor folks,
Greetings,
Hello again,
"""),
    closings=lines("""
Best,
Best regards,
Kind regards,
Thanks,
Many thanks,
Cheers,
Sincerely,
Regards,
Warmly,
Yours,
Thank you,
All the best,
"""),
    thanks=lines("""
Thanks in advance.
Thank you for your help!
Please confirm when it's done.
I'd appreciate a quick answer.
Let me know if you need anything else.
Thanks a lot.
Looking forward to hearing from you.
Sorry for the trouble.
Have a nice day.
Hope that's possible.
"""),
    stories=_STORIES,
    asks=asks.ASKS,
    more={"items": asks.MORE, "exchange": asks.MORE},
    pays=asks.PAYS,
    refunds=asks.REFUNDS,
    insists=asks.INSISTS,
    order_lines=lines("""
It's {order}.
This is about {order}.
The order in question: {oid}.
({order})
Ref: {oid}
My order number is {oid}.
"""),
    profile_address=lines("""
my home address that you have on file
the default address in my profile
my usual address, the one saved in my account
the address stored in my account
"""),
    reasons=asks.REASONS,
    by_email=lines("""
My account email is {email}.
You'll find me under {email}.
I'm registered as {email}.
Email on the account: {email}
{email} is the address I shop with.
Account: {email}
"""),
    by_name=lines("""
My name is {name}, zip code {zip}.
This is {name}, {zip}.
I'm {name} and my zip is {zip}.
Customer: {name}, postal code {zip}
{name} here (zip {zip}).
I don't remember which email I used; name is {name}, postcode {zip}.
"""),
    name_only=lines("""
My name is {name}.
{name} here.
I'm {name}, a customer for years.
"""),
    by_user_id=lines("""
My user id is {user_id}.
Customer number {user_id}.
"""),
    links=lines("""
Also:
One more thing.
Second thing:
While I'm writing:
Besides that,
And there's another matter.
Apart from that:
Then there is this.
"""),
    distractors={
        "item": lines("""
The {item} in the same order is fine, leave that as it is.
Please don't touch the {item}.
Everything else, including the {item}, stays.
I love the {item} by the way.
The {item} is great and I'm keeping it.
"""),
        "order": lines("""
My other order {oid} is fine, nothing to do there.
This is not about {oid}, that one is all good.
(I know I also have {oid} with you, please leave it alone.)
I had written to you about {oid} before, that has been settled.
"""),
        "product": lines("""
By the way, I saw the {product} in your shop, maybe next time.
My neighbour has your {product} and is very happy with it.
I was also looking at the {product} but decided against it.
"""),
    },
    subjects={
        "cancel": lines("""
Cancellation
cancel order {oid}
Please cancel
Order {oid}
stop my order
don't ship please
"""),
        "items": lines("""
Change to my order
wrong variant in {oid}
Order {oid}: item change
before you ship
Small correction
"""),
        "payment": lines("""
Payment method
Different payment for {oid}
billing question
Order {oid} payment
paying another way
"""),
        "address": lines("""
Delivery address
Ship {oid} elsewhere
wrong address on my order
Address for order {oid}
where to send it
"""),
        "user_address": lines("""
I moved
New address
Profile update
please update my details
address change
"""),
        "return": lines("""
Return
Return request {oid}
sending something back
Order {oid}
refund please
"""),
        "exchange": lines("""
Exchange
Exchange from {oid}
wrong one
swap please
Order {oid}
"""),
        "multi": lines("""
A few things
two requests
Several questions about my orders
My orders
help with a couple of things
"""),
        "talk": lines("""
Question
quick question
Help
A question for you
Hello
Info needed
"""),
    },
    footers=lines(r"""
Sent from my phone
Sent from my tablet, please excuse typos
--\n{name}\n{city}
This e-mail may contain confidential information. If you are not the addressee, please delete it.
> Thank you for your order {oid}.\n> We will write again when something happens with it.
On Monday, Quillmoor wrote:\n> Your order {oid}: how did we do? Rate us!
"""),
    second_choice=lines("""
{first}, or {second} if that's sold out
{first} (should that not be available: {second})
{first}, and if you don't have that, {second}
"""),
    talks=TALKS,
    vague=VAGUE,
    foreign=FOREIGN,
)
