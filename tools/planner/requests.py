"""The requests of a ticket: the annotated words grouped into frames, one for each wish."""

from __future__ import annotations

from collections.abc import Sequence

from ..letters.asides import find_asides
from ..letters.script import Script
from ..letters.segments import find_segments
from ..letters.wishes import WEAK, Family, Frame, Piece, has_no_things, segment_things
from .clauses import Held
from .framing import build_frame, which_address
from .intents import Heard


def find_frames(script: Script, heard: Heard, held: Held) -> tuple[list[Frame], list[Frame]]:
    """The wishes of a ticket in order, and the leftovers: segments that belong to none of them.

    Args:
        script: The annotated text.
        heard: The specialist's prediction; it helps in segments without a word of action.
        held: Sentences that are not requests: nothing is read from them.
    """
    unread = script.distrusted | script.appended | find_asides(script) | held.why.keys()
    spans = [span for span in find_segments(script) if script.sentence[span[0]] not in unread]
    segments = [frame for span in spans if (frame := build_frame(script, *span)) is not None]
    frames: list[Frame] = []
    waiting: list[Frame] = []
    for segment in segments:
        if segment.family is not None and (segment.has_object or waiting or not _continues(frames, segment)):
            frames += _take_context(segment, waiting)
            waiting = []
            frames.append(segment)
        elif any(frame.family for frame in frames) and not waiting and _adds(frames[-1], segment):
            _join(frames[-1], segment)
        elif waiting and _says_how_to_pay(segment) and segment_things(waiting[-1]):
            _join(waiting[-1], segment)
        elif segment.family is not None:
            frames += [*waiting, segment]
            waiting = []
        else:
            waiting.append(segment)
    frames += waiting
    wishes = [frame for frame in frames if frame.family]
    if len(wishes) == 1 and all(has_no_things(frame) for frame in frames if not frame.family):
        frames = _gather(wishes[0], frames)
    frames = _infer(_grouped(frames), heard)
    return [frame for frame in frames if frame.family], [frame for frame in frames if not frame.family]


def _gather(wish: Frame, frames: Sequence[Frame]) -> list[Frame]:
    """Give the only wish all details around it, but no order next to one that it has."""
    context = [frame for frame in frames if not frame.family and not frame.asked]
    named = {order for frame in context for order in frame.orders} - set(wish.orders)
    alone = not wish.orders and len(named) == 1
    fits = [frame for frame in context if alone or not set(frame.orders) & named]
    for frame in fits:
        _join(wish, frame)
    return [frame for frame in frames if all(frame is not other for other in fits)]


def _take_context(segment: Frame, waiting: Sequence[Frame]) -> list[Frame]:
    """Give a wish the details before it; returns those that do not fit."""
    rest: list[Frame] = []
    for context in waiting:
        bare = not segment_things(segment)
        fits = (
            not segment.has_object
            or (not segment.orders and has_no_things(context))
            or (set(context.orders) <= set(segment.orders) and bare)
        )
        if fits and not context.asked and not (context.addresses and segment.addresses):
            _join(segment, context)
        else:
            rest.append(context)
    return rest


def _grouped(frames: Sequence[Frame]) -> list[Frame]:
    """Neighbouring segments without a wish about one thing, merged."""
    grouped: list[Frame] = []
    for frame in frames:
        last = grouped[-1] if grouped else None
        if last and not last.family and not frame.family and not frame.asked and not last.asked and _adds(last, frame):
            _join(last, frame)
        else:
            grouped.append(frame)
    return grouped


def _infer(frames: Sequence[Frame], heard: Heard) -> list[Frame]:
    """Guess the wish of a segment without words of action but with everything else of a wish.

    A wish that the specialist predicts and no other frame has supports a guess, or makes one.
    """
    said = {frame.family for frame in frames if frame.family}
    open_wishes: list[Family] = [wish for wish in heard.scores if heard.hears(wish) and wish not in said]
    for frame in frames:
        if frame.family or frame.asked:
            continue
        guessed = _guess(frame)
        leaning: list[Family] = [family for wish in open_wishes if (family := _leaned(frame, wish)) is not None]
        frame.family = leaning[0] if leaning and guessed in {None, "drop", "swap"} else guessed
        frame.inferred = frame.family is not None
        frame.agreed = frame.family in {*open_wishes, *leaning}
    return list(frames)


def _leaned(frame: Frame, leaning: Family) -> Family | None:
    """The wish that the words suggest, if the frame has what such a wish needs."""
    on_order = bool(frame.orders or "order" in frame.nouns)
    things = bool(segment_things(frame))
    said = any(piece.said or piece.options for piece in frame.pieces)
    if leaning == "cancel" and (frame.orders or (things and on_order)) and not frame.addresses and not said:
        return "cancel"
    if leaning == "return" and (frame.orders or things) and not frame.addresses:
        return "return"
    if leaning == "swap" and things and said:
        return "swap"
    if leaning == "payment" and frame.pays and (on_order or things) and not said:
        return "payment"
    if leaning in {"address", "user_address"} and frame.addresses:
        return which_address(frame)
    return None


def _guess(frame: Frame) -> Family | None:
    on_order = bool(frame.orders or "order" in frame.nouns)
    if frame.addresses:
        return which_address(frame)
    if segment_things(frame) and any(piece.said or piece.options for piece in frame.pieces):
        return "swap"
    if "default_address" in frame.nouns and on_order:
        return "address"
    if frame.pays and on_order and "difference" not in frame.nouns and not segment_things(frame):
        return "payment"
    if any(reason != "other" for reason in frame.reasons) and (on_order or segment_things(frame)):
        return "drop"
    return None


def _continues(frames: Sequence[Frame], segment: Frame) -> bool:
    if not frames or frames[-1].family is None:
        return False
    return frames[-1].family == segment.family or segment.acts == ["refund"] or set(segment.acts) <= WEAK


def _says_how_to_pay(segment: Frame) -> bool:
    return bool(segment.pays) and segment.family is None and not segment.has_object and not segment.asked


def _adds(frame: Frame, segment: Frame) -> bool:
    """Whether a segment without a wish of its own adds to the frame before it."""
    if frame.orders and set(segment.orders) - set(frame.orders):
        return False
    if segment.addresses and (frame.family not in {"address", "user_address", None} or frame.pieces):
        return False
    if segment.pays and frame.family in {"address", "user_address"}:
        return False
    if not segment.pieces:
        return True
    if frame.family not in {"return", "swap", None} or frame.addresses:
        return False
    if segment_things(segment) and segment_things(frame):
        ours = {p for piece in frame.pieces if piece.thing for p in piece.thing.products}
        return all(piece.thing and piece.thing.products & ours for piece in segment_things(segment))
    return True


def _join(frame: Frame, more: Frame) -> None:
    frame.orders += [order for order in more.orders if order not in frame.orders]
    for piece in more.pieces:
        _join_piece(frame, piece)
    frame.pays += more.pays
    frame.addresses += more.addresses
    frame.reasons += more.reasons
    frame.nouns |= more.nouns
    frame.acts += more.acts
    frame.status += more.status
    frame.parts |= more.parts
    frame.sentences |= more.sentences


def _join_piece(frame: Frame, piece: Piece) -> None:
    if piece.thing is None and not piece.item_ids and frame.pieces:
        frame.pieces[-1].said += piece.said
        frame.pieces[-1].options += piece.options
        return
    for other in frame.pieces:
        if other.thing and piece.thing and other.thing.products & piece.thing.products:
            other.said += piece.said
            other.options += piece.options
            return
    open_pieces = [other for other in frame.pieces if other.thing is None and not other.item_ids]
    if open_pieces and piece.thing:
        piece.said += open_pieces[0].said
        piece.options += open_pieces[0].options
        frame.pieces.remove(open_pieces[0])
    frame.pieces.append(piece)
