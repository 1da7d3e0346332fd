"""English: the seven wishes, each in many ways."""

from __future__ import annotations

from ._records import Wish
from ._voice import Templates, lines

CANCEL = lines("""
Please cancel my {order}.
Could you cancel the {order} for me?
I need to cancel my {order} before it goes out.
Can you call off the {order}?
I'd like the {order} cancelled, please.
Would it be possible to stop my {order}?
Kindly withdraw my {order}.
The {order} can be scrapped.
Please don't ship the {order}, I want to cancel it.
I have to back out of my {order}.
Is there still time to cancel the {order}? If so, please go ahead.
My {order} should not go ahead, please take it out of the system.
I want my money back for the {order}, it has not been shipped yet so please cancel.
Consider this my cancellation of the {order}.
Go ahead and void the {order}.
What I need from you: cancel the {order}.
Cancel it please, the {order} I mean.
I placed the {order} and would like to undo that.
Hoping you can pull my {order} before the warehouse packs it.
Please drop the whole {order}.
Pls cancel {order}, all of it.
I'm writing to cancel the {order} in full.
Can we pretend the {order} never happened? Cancel all of it.
If the {order} is still in your hands, a cancellation would be great.
You can kill the {order}.
It's about my {order}: cancel everything on it, please.
Requesting cancellation of the {order}.
Do me a favor and cancel my {order}.
""")
ITEMS = lines("""
In my {order}, could you change the {item} to {new}?
I'd like to swap the {item} in the {order} for {new} before it ships.
The {order} hasn't shipped yet, so please make the {item} {new} instead.
On the {order} I picked the wrong {item}; I meant {new}.
Please update my {order}: instead of the {item} I want {new}.
Can the {item} on my {order} become {new}?
My {order} is still pending. Please replace the {item} in it with {new}.
Could someone edit the {order}? The {item} should be {new}.
I chose badly when I ordered the {item}. Make it {new}, please.
Before you pack the {order}: the {item} needs to be {new}.
I would rather have {new} than the {item} I put in the {order}.
For the {order}, switch the {item} to {new}.
Wrong choice on my side in the {order}, the {item} should have been {new}. Can you correct it?
Is it too late to alter the {order}? I want {new} in place of the {item}.
Could I get {new} rather than the {item} currently listed on my {order}?
Please amend the {order} so that the {item} is {new}.
I keep thinking about the {item} in my {order} and I've decided on {new}. Please change it before it leaves.
Take the {item} out of the {order} and put in {new}.
Regarding my pending {order}, I selected the {item} but {new} is what we need.
Small change to the {order} please: the {item} -> {new}.
The {item} on the {order} isn't what I meant to pick; {new} is.
You haven't dispatched the {order}, right? Then change the {item} to {new}, please.
I'd be grateful if you could modify the {order}: {new} instead of the {item}.
There's still time I hope: swap out the {item} in my unshipped {order} and send {new}.
Let me fix my {order}. Not the {item} as it stands, but {new}.
Can you modify the {item} in the pending {order}? It ought to be {new}.
""")
PAYMENT = lines("""
Please charge the {order} to {pay} instead.
Could you move the payment for my {order} to {pay}?
I'd like to pay for the {order} with {pay}.
Can the {order} go on {pay} rather than what I used?
I used the wrong payment on my {order}. Please switch it to {pay}.
Switch the payment method of the {order} to {pay}.
For my {order}, take the money from {pay}.
Would you change how the {order} is paid? I want it on {pay}.
Is it possible to use {pay} for the {order} after all?
My {order} was billed to the wrong place; it should have been {pay}.
Please rebill the {order} to {pay}.
I need the {order} paid through {pay}, can you change that?
Don't use the method I chose at checkout for the {order}. Use {pay}.
I'd prefer {pay} for my {order}.
Payment for the {order}: please change to {pay}.
Let's put the {order} on {pay}.
Kindly update the billing on my {order} so that {pay} is used.
I meant to check out with {pay} when I placed the {order}. Could you correct that?
Refund what I paid for the pending {order} and take it from {pay} instead.
Can I still change the payment on the {order}? {pay} would be the right one.
The {order} should come off {pay}.
Could the cost of my {order} be shifted over to {pay}?
Everything about the {order} stays as is, only pay it with {pay}.
At checkout for the {order} I picked the wrong way to pay. It needs to be {pay}.
Have the {order} settled via {pay}, please.
It would help me a lot if the {order} was charged to {pay}.
""")
ADDRESS = lines("""
Please send my {order} to {addr}.
Could you change the shipping address of the {order} to {addr}?
The {order} needs to go to a different place: {addr}.
I won't be home when the {order} arrives. Please ship it to {addr}.
Can you redirect the {order}? The new address is {addr}.
My {order} has the wrong delivery address. It should be {addr}.
Ship the {order} to {addr} instead, please.
I'd like to have my {order} delivered to {addr}.
For the {order} please use this address: {addr}.
Would you mind updating where the {order} is going? It's {addr}.
Before the {order} leaves the warehouse, change its destination to {addr}.
The address on the {order} is out of date, correct one: {addr}.
Delivery address for my {order} should read {addr}.
Please deliver the {order} to {addr}, not to the address I entered.
I typed the wrong address for the {order}. The right one is {addr}.
Could the {order} be sent to {addr} rather than to the address on it?
New ship-to for the {order}: {addr}.
We will be staying elsewhere when the {order} comes, so send it to {addr}.
The {order} is a present, so it has to go to {addr}.
Can you amend the shipping details of my {order}? Should be {addr}.
Just the {order}, please send that one to {addr}.
Please reroute my {order}, the parcel must go to {addr}.
Instead of the address shown on the {order}, use {addr}.
I need the {order} to arrive at {addr}.
Where the {order} goes has to change. From now on it's {addr}.
Kindly correct the destination of the {order}: {addr}.
""")
USER_ADDRESS = lines("""
We have moved. Please change the address in my account to {addr}.
Could you update my default address to {addr}?
My address on file is old, the new one is {addr}.
Please note my new home address: {addr}. I'd like that saved in my profile.
Change the standard address on my account to {addr}.
I'd like you to update my profile: I live at {addr} now.
From this month on my address is {addr}. Please save it for future orders.
Can you replace the address stored in my profile with {addr}?
The default shipping address of my account should be {addr}.
For all future deliveries please keep {addr} on file.
My account still shows the old flat. The right address is {addr}.
New place, new address! Please put {addr} on my account.
Please correct the address in my customer record, it is {addr}.
I moved in with my partner, so my account address should now be {addr}.
Would you save {addr} as my main address?
Update of customer data: my address is now {addr}.
I can't find where to edit my profile address. It needs to be {addr}.
Set my account's address to {addr} please.
The address you have for me is wrong. You should have {addr} in the profile.
Kindly change my registered address to {addr}.
As of last weekend I live at {addr}, please update my details.
Please make {addr} the address you use for me by default.
My profile needs the new address, which is {addr}.
Moving day was yesterday: {addr} is home now, please adjust my account.
Swap the address in my account for this one: {addr}.
I'd appreciate it if my saved address could be changed to {addr}.
""")
RETURN = lines("""
I'd like to return {items} from my {order}.
Please set up a return for {items} from the {order}.
I want to send back {items} that came with the {order}.
Can I return {items}? It was in my {order}.
From the {order}, {items} should go back to you.
I received my {order} and want to return {items}.
How do I give back {items}? Please start the return for the {order}.
Returning {items}, {order}.
Please take back {items} from the {order} and refund me.
I won't be keeping {items} from the {order}.
I have no use for {items} from my {order} and would like a refund.
Kindly arrange the return of {items} ({order}).
The {order} arrived. Sadly {items} must go back.
Could you open a return for the {order}? It concerns {items}.
I wish to return part of what I got: {items}, from the {order}.
Send me what I need to return {items} from my {order}, please.
My {order} came last week; I'm sending back {items}.
Can you refund me for {items}? I'd mail that back, it's {order}.
I changed my mind about {items} in the delivered {order}, I'd like to give that back.
Return request for the {order}: {items}.
Need a return label for {items} from the {order}.
We are not happy with {items} from my {order} and want our money back.
It's about the {order}. I would like to return {items}.
I'd rather not keep {items} that you delivered with the {order}. Please take it back.
{items} from the {order}: not for me, I want to return it.
Would you please accept {items} back? That was part of the {order}.
Sending back {items}. The {order} was delivered a few days ago.
""")
EXCHANGE = lines("""
I'd like to exchange the {item} from my {order} for {new}.
My {order} arrived, but the {item} is not right for me. Can I have {new} instead?
Please exchange the {item} I received with the {order}; I want {new}.
Could I swap the {item} from the delivered {order} for {new}?
The {item} in my {order} turned out wrong for us, could you send {new} in exchange?
I got the {item} with the {order} and need {new} instead.
I want to trade in the {item} from the {order} for {new}.
Can you exchange the {item}? It came with my {order}. I'd like {new}.
Exchange request, {order}: the {item} for {new}.
Is an exchange possible? I have the {item} from the {order} here and would prefer {new}.
I was sent the {item} I ordered in the {order}, but I'd really rather have {new}.
Please take back the {item} from the {order} and send me {new}.
The {item} from the {order} doesn't suit us. We want to exchange it for {new}.
I unpacked my {order} and noticed that I'd be better off with {new} than with the {item}.
Would you swap the {item} I got ({order}) for {new}?
From my delivered {order} I'd exchange the {item} to get {new}.
For the {order} that you delivered: {new} in place of the {item}, please.
My partner doesn't like the {item} from the {order}; could we have {new}?
I made a bad pick with the {item} in the {order}. Please replace it with {new}, I'll send the old one back.
I'd like a different variant of the {item} that came in my {order}: {new}.
We received the {order}. Please change the {item} against {new}.
Could you help me exchange the {item} of the {order}? What I need is {new}.
Now that the {order} is here, the {item} should be {new}. I'd like to exchange.
The {order} came today. I'll send back the {item} if you send me {new}.
What do I have to do to exchange the {item} from {order}? I want {new}.
The {item} that you delivered with {order} has to be swapped, {new} is what I want.
""")
MORE = lines("""
And the {item} should be {new}.
Also, please make the {item} {new}.
The {item} too: I want {new}.
Same story with the {item}: {new}, please.
In the same order, the {item} should be changed to {new}.
On top of that, {new} in place of the {item}.
Likewise {new} instead of the {item}.
""")
PAYS = lines("""
Any difference can go on {pay}.
Please use {pay} for the price difference.
If it costs more or less, settle it with {pay}.
Take the difference from {pay} or refund it there.
The difference in price should be handled with {pay}.
For the payment part, {pay} please.
Charge or refund {pay} for whatever the difference is.
You may bill {pay} for the difference.
{pay} is fine for the difference.
As for the money: {pay}.
Whatever the change costs, use {pay}.
Balance it out via {pay}.
""")
REFUNDS = lines("""
Please refund {pay}.
The money should go back to {pay}.
I'd like the refund on {pay}.
Refund to {pay}, please.
Put the refund on {pay}.
For the refund, use {pay}.
You can credit {pay}.
I want to be refunded through {pay}.
Send the money back to {pay}.
Kindly credit the amount to {pay}.
{pay} is where the refund should go.
""")
INSISTS = lines("""
I only accept {pay} for this, nothing else.
It has to be {pay}, the other methods don't work for me.
Please use {pay} and no other method.
""")
REASONS = {
    "mistake": lines("""
I clicked the button twice by accident.
It was ordered by mistake.
My kid was playing with the phone and placed it.
I pressed buy when I only wanted to look at the shipping cost.
That was an accident, I never meant to place it.
I was in the wrong browser tab and bought it without wanting to.
It's a slip of mine, the order was never intended.
I ordered the wrong thing by mistake.
Turns out my thumb hit "confirm" while I was scrolling.
It got placed accidentally.
"""),
    "unneeded": lines("""
I don't need it anymore.
My plans have changed and I have no use for it now.
A friend gave me the same things as a present.
I found what I needed in the attic.
We are cutting our spending this month.
The trip it was meant for is off.
It's no longer needed.
My sister already bought one for us.
The event was called off, so there's no point now.
I've decided to do without.
We ended up borrowing what we needed from the neighbours.
"""),
}
ASKS: dict[Wish, Templates] = {
    "cancel": CANCEL,
    "items": ITEMS,
    "payment": PAYMENT,
    "address": ADDRESS,
    "user_address": USER_ADDRESS,
    "return": RETURN,
    "exchange": EXCHANGE,
}
