"""English: questions, letters outside the desk's work, and requests that leave something open."""

from __future__ import annotations

from ._voice import lines

TALKS = {
    "tracking": lines("""
Where is my {order}? Can you tell me the tracking number?
I haven't heard anything about the {order}. Is there a tracking code?
Could you look up where the parcel with my {order} is?
"""),
    "refund_time": lines("""
How long does it take until the money for my cancelled {order} is back?
The {order} was cancelled, when do I see the refund?
I'm still waiting for the refund of the {order}. How many days does that usually take?
"""),
    "options": lines("""
Which versions of the {product} do you have at the moment?
What sizes, colors or other options does the {product} come in?
Do you sell the {product} in other variants too? Just asking, no order yet.
"""),
    "status": lines("""
What's the status of my {order}?
Has the {order} left already? I just want to know.
Could you check how far along the {order} is?
"""),
    "balance": lines("""
How much is left on my gift card?
Can you tell me which payment methods you have on file for me?
Do I still have store credit somewhere on my account?
"""),
    "price": lines("""
How much did I pay for the {order} in total?
What is the cheapest {product} you currently have?
What does the {product} cost right now? I can't find it on the page.
"""),
    "contents": lines("""
I forgot what was in the {order}. Could you list it for me?
Which items belong to the {order}?
Can you send me an overview of all my orders?
"""),
    "stock": lines("""
Will the {product} be back in stock in all variants?
Is the {product} available right now? I only want to know, please don't order anything.
How many versions of the {product} are in stock?
"""),
    "policy_return": lines("""
Before I decide anything: how do returns work with you?
If I sent back the {product}, where would the refund go? I haven't made up my mind yet.
Could I in theory exchange the {product} for another product? Only asking.
"""),
    "policy_change": lines("""
Suppose I wanted to change an order that hasn't shipped, how often can I do that?
What happens if I cancel an order that I paid with a gift card? I'm just curious.
Until when could I change the address of an order? No change needed at the moment.
"""),
    "price_match": lines("""
I saw the {product} cheaper at another store. Will you match that price and pay me the difference?
Another shop has the {product} for 20 percent less. Can you adjust what I paid?
"""),
    "warranty": lines("""
My {product} broke after two years. Can you repair it under warranty?
A part of the {product} came loose. Do you send out spare parts?
"""),
    "job": lines("""
Are you hiring? I'd love to work in your warehouse.
I am looking for an internship in your design team, whom do I write to?
"""),
    "discount": lines("""
Could I get a discount code for being a loyal customer?
The coupon from your flyer didn't work, please apply 15 % to my {order} afterwards.
"""),
    "press": lines("""
I run a blog about camping and would like free samples for a review.
I'm a journalist and would like to interview somebody about your supply chain.
"""),
    "courier": lines("""
The courier threw my parcel over the fence. I want to make a formal complaint about him.
Your driver was rude to my neighbour. What will you do about it?
"""),
    "new_order": lines("""
Please place an order for the {product} for me, you have my details.
Add the {product} to my {order}, I'll pay on delivery.
"""),
    "newsletter": lines("""
Please take me off the newsletter.
I get three mails a day from you, stop the advertising please.
"""),
    "advice": lines("""
Which is better for a beginner in your honest opinion, the {product} or something from another brand?
Can you recommend a birthday present for a ten year old?
"""),
    "invoice": lines("""
My company needs an invoice with VAT number for the {order}.
Please split the invoice of the {order} into two for my tax advisor.
"""),
    "delete_account": lines("""
Delete my account and all the data that you have about me.
I'd like a copy of everything you store about me and then be forgotten.
"""),
    "change_email": lines("""
Please change the email address of my account to my new work address.
I got married, could you change the last name in my account?
"""),
}
VAGUE = {
    "cancel_which": lines("""
Please cancel my order.
I want to cancel what I ordered.
Cancel the order please, the one I placed recently.
"""),
    "return_which_order": lines("""
I'd like to return the {item}.
Please take back the {item} and refund me.
The {item} has to go back to you, how do we do that?
"""),
    "return_which_item": lines("""
I'd like to return the {item} from the {order}.
One {item} of the {order} goes back, please start the return.
Please refund me for the {item} in my {order}, I'm only keeping one.
"""),
    "exchange_no_wish": lines("""
I'd like to exchange the {item} from my {order} for a different one.
The {item} from the {order} isn't right. Please send me another one that suits me better.
Can I swap the {item} in my {order}? I want something nicer.
"""),
    "items_no_wish": lines("""
Please change the {item} in my {order} to something else.
The {item} in the {order} is the wrong one, could you modify that?
I want a different {item} in the {order}.
"""),
    "address_missing": lines("""
Please send my {order} to my new address.
I have moved, the {order} should go to the new place please.
Wrong address on {order}! Ship it to my office instead.
"""),
    "payment_missing": lines("""
Please change the payment method of the {order}.
I want to pay for my {order} with something else.
The {order} should be on a different payment method.
"""),
    "user_address_partial": lines("""
I moved to {city}. Please update my {order}.
We live in {city} now, can you change the address on the {order}?
"""),
}
FOREIGN = {
    "household": lines("""
It's my wife's order but I'm taking care of it.
My brother placed it from his own account, but he has no time for this.
It runs under my roommate's account.
"""),
    "friend": lines("""
A friend ordered it and asked me to contact you.
A colleague of mine bought it, I'm writing on her behalf.
"""),
    "silent": (),
}
