"""Rungs that write their answers: judged without what they saw, certified, kept, and asked again."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from pantheon.agents import Request
from pantheon.clock import FakeClock
from pantheon.errors import InputError, NotFound, PantheonError
from pantheon.ids import JsonObject
from pantheon.learn import Around, Promise, Row, Tools, certify, load_model, predict, same_labels
from pantheon.learn._task import Task
from pantheon.learn.rungs import all_rungs
from pantheon.learn.rungs._adapted import LoraRung, adapter_pairs
from pantheon.learn.rungs._demos import DemosRung, LargerRung
from pantheon.learn.rungs._evolution import BATCH, PairedAcceptance, better
from pantheon.learn.rungs._evolved import EvolvedRung
from pantheon.learn.rungs._examples import Examples
from pantheon.learn.rungs._generating import draw
from pantheon.learn.rungs._generative import GenerativeModel
from pantheon.learn.rungs._recipe import first_recipe
from pantheon.models import (
    ChatModel,
    ChatReply,
    ChatRequest,
    FailureReason,
    ModelFailure,
    ScriptedModel,
)
from pantheon.spec import parse_same
from tests.learn.specimens import shape
from tests.learn.worlds import embed

OUTPUT = shape(reply={"type": "string"})
TASK = Task(
    "reply",
    shape(text={"type": "string"}),
    OUTPUT,
    "text",
    Promise(0.1, 0.9, None),
    same=parse_same("normalised"),
    description="Repeat the last word of the text.",
)
SPACE = "words"


def requests(count: int, *, seed: int = 0) -> list[Row]:
    """Texts of six words each; the answer is the last one, so that hardly any comes again."""
    random = np.random.default_rng(seed)
    rows: list[Row] = []
    for index in range(count):
        words = [f"w{int(number)}" for number in random.integers(400, size=5)]
        last = f"answer{int(random.integers(10_000))}"
        label = json.dumps({"reply": last}, separators=(",", ":"))
        text = " ".join([*words, last])
        rows.append(Row(f"r{index}", text, label, f"g{index}", float(index), "bootstrap"))
    return rows


def last_word(text: str) -> str:
    """What the teacher answers."""
    return text.rsplit(maxsplit=1)[-1]


def replied(answer: str, *, logprob: float) -> ChatReply:
    """A reply with the probabilities of its tokens."""
    output: JsonObject = {"reply": answer}
    return ChatReply(
        json.dumps(output),
        output,
        50,
        4,
        0.0,
        0.1,
        "small",
        "scripted",
        logprob,
        1,
        True,
        (logprob,) * 4,
    )


def writer(knows: Callable[[str], bool], *, name: str = "small") -> ScriptedModel:
    """A model that is right where it knows the answer, and unsure where it does not."""

    def answer(request: ChatRequest) -> ChatReply:
        text = request.messages[-1].content
        if knows(text):
            return replied(last_word(text), logprob=-0.05)
        return replied("nonsense", logprob=-2.0)

    return ScriptedModel(answer, name=name)


def tools_with(model: ChatModel | None, **more: object) -> Tools:
    """What a rung may use, with one local model under every name."""

    async def chat(name: str | None) -> ChatModel:
        del name
        assert model is not None
        return model

    tools = Tools(
        embed,
        SPACE,
        same_labels(TASK.same),
        FakeClock(),
        chat=None if model is None else chat,
    )
    return replace(tools, **more)  # pyright: ignore[reportArgumentType]


def mostly(text: str) -> bool:
    """Five requests of six."""
    return sum(map(ord, text)) % 6 != 0


# ------------------------------------------------------------------------------- demonstrations
def test_what_is_sure_is_certified_and_what_is_not_goes_on() -> None:
    """The verifier tells right answers from wrong ones; the promise holds on fresh requests."""
    rows = requests(260)
    tools = tools_with(writer(mostly))
    trained = asyncio.run(DemosRung().train(rows, TASK, tools))

    candidate = certify(trained, TASK, DemosRung())
    fresh = requests(120, seed=7)
    said = asyncio.run(predict(candidate.specialist, [row.text for row in fresh]))
    local = [(row, it) for row, it in zip(fresh, said, strict=True) if it.accepted]
    wrong = [row for row, it in local if it.label != row.label]

    assert candidate.calibration.certified
    assert len(local) > 0.6 * len(fresh)
    assert len(wrong) <= 0.1 * len(fresh)
    assert trained.note["model"] == "small"


def test_no_row_is_shown_to_the_model_that_judges_it() -> None:
    """Demonstrations never come from the group of the request."""
    rows = [replace(row, group=f"pair{index // 2}") for index, row in enumerate(requests(200))]
    model = writer(mostly)
    asyncio.run(DemosRung().train(rows, TASK, tools_with(model)))

    group = {row.text: row.group for row in rows}
    for request in model.requests:
        *shown, asked = [it.content for it in request.messages if it.role == "user"]
        assert shown
        assert group[asked] not in {group[text] for text in shown}


def test_the_rows_that_judge_are_drawn_without_a_look_at_their_answers() -> None:
    """The sample is the same whatever the labels; those to choose by share no group with it."""
    rows = [replace(row, group=f"pair{index // 2}") for index, row in enumerate(requests(300))]
    judging, dev = draw(rows, TASK, judges=150, dev=40)
    other = [replace(row, label="{}") for row in reversed(rows)]

    assert [row.id for row in judging] == [
        row.id for row in draw(other, TASK, judges=150, dev=40)[0]
    ]
    assert not {row.group for row in judging} & {row.group for row in dev}


def test_a_model_that_is_always_wrong_is_given_up_early() -> None:
    """Two dozen answers are enough to see it; the rest of the night is for others."""
    model = writer(lambda _: False)

    with pytest.raises(InputError, match="Only 0 of its first 24"):
        asyncio.run(DemosRung().train(requests(165), TASK, tools_with(model)))

    assert len(model.requests) <= 24 + 3 * 16


def test_a_model_that_cannot_be_asked_is_a_typed_failure() -> None:
    """The other rungs go on; nothing but a PantheonError comes out."""
    model = ScriptedModel(lambda _: ModelFailure(FailureReason.UNAVAILABLE, "no weights"))

    with pytest.raises(PantheonError, match="no weights"):
        asyncio.run(DemosRung().train(requests(200), TASK, tools_with(model)))


def test_one_request_that_cannot_be_answered_is_refused_and_no_more() -> None:
    """A prompt too long says nothing about the other requests."""

    def answer(request: ChatRequest) -> ChatReply | ModelFailure:
        text = request.messages[-1].content
        if text.startswith("w1"):
            return ModelFailure(FailureReason.CONTEXT_OVERFLOW, "too long")
        return replied(last_word(text), logprob=-0.05)

    trained = asyncio.run(DemosRung().train(requests(200), TASK, tools_with(ScriptedModel(answer))))
    texts = {row.id: row.text for row in requests(200)}
    long = np.array([texts[id].startswith("w1") for id in trained.judged.ids])

    assert long.any()
    assert (trained.judged.margin[long] == -1).all()
    assert trained.judged.wrong[long].all()
    assert not trained.judged.wrong[~long].any()


# ------------------------------------------------------------------------------------ in service
def trained_model(**more: object) -> GenerativeModel:
    """A certified model on the scripted writer."""
    tools = tools_with(writer(mostly), **more)
    trained = asyncio.run(DemosRung().train(requests(260), TASK, tools))
    made = certify(trained, TASK, DemosRung()).specialist
    assert isinstance(made, GenerativeModel)
    return made


def test_its_bytes_are_the_same_and_say_the_same() -> None:
    """Packing and loading keeps every answer; the same contents give the same bytes."""
    model = replace(trained_model(), adapter=b"GGUF adapter")
    again = load_model(model.dumps(), Around(embed, SPACE, model.chat))
    texts = [row.text for row in requests(30, seed=3)]

    assert isinstance(again, GenerativeModel)
    assert again.dumps() == model.dumps()
    assert again.adapter == b"GGUF adapter"
    first, second = (asyncio.run(predict(it, texts)) for it in (model, again))
    assert first == second
    assert any(it.accepted for it in first)
    assert first[0].tokens_out == 4


def test_damaged_bytes_are_a_typed_failure() -> None:
    """A head whose parts do not fit together is found when it is loaded, not when it is asked."""
    model = trained_model()
    broken = replace(model, examples=replace(model.examples, ids=("one",)))

    with pytest.raises(InputError, match="cannot be read"):
        load_model(broken.dumps(), Around(embed, SPACE, model.chat))


def test_a_foreign_request_is_refused_before_anything_is_written() -> None:
    """Far from every example nothing is known about what the model would say."""
    model = trained_model()
    chat = writer(lambda _: True)

    async def local(name: str | None) -> ChatModel:
        del name
        return chat

    asked = replace(model, chat=local, verifier=replace(model.verifier, reach=0.99))
    for text in ("zz yy xx", "  "):
        prediction = asyncio.run(asked.ask(text, Request()))
        assert not prediction.accepted
    assert chat.requests == []


def test_another_model_behind_the_name_answers_nothing() -> None:
    """The certificate is about the model that was judged."""
    model = trained_model()

    async def local(name: str | None) -> ChatModel:
        del name
        return writer(lambda _: True, name="another")

    with pytest.raises(ModelFailure, match="certified with small"):
        asyncio.run(replace(model, chat=local).ask(requests(1)[0].text, Request()))
    with pytest.raises(ModelFailure, match="No local"):
        asyncio.run(replace(model, chat=None).ask(requests(1)[0].text, Request()))
    with pytest.raises(InputError):
        model.answer(["text"])


def test_where_the_model_is_gone_the_night_takes_it_for_a_refusal() -> None:
    """As in service: a specialist whose base model was removed can be compared, and replaced."""

    async def gone(name: str | None) -> ChatModel:
        raise NotFound(f"There is no model {name}.")

    model = replace(trained_model(), chat=gone)
    said = asyncio.run(predict(model, [row.text for row in requests(3)]))

    assert [one.accepted for one in said] == [False] * 3


def test_who_asks_sets_the_time() -> None:
    """The engine is given no longer than the request has left."""
    model = trained_model()
    chat = writer(lambda _: True)

    async def local(name: str | None) -> ChatModel:
        del name
        return chat

    asyncio.run(replace(model, chat=local).ask(requests(1)[0].text, Request(seconds=2.5)))

    assert chat.requests[0].timeout == 2.5


# -------------------------------------------------------------------------------------- evolution
def test_a_proposal_is_taken_only_if_a_paired_test_says_so() -> None:
    """Four wins and no loss are enough; three, or five against two, are luck."""

    def flags(*right: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return np.array(right, dtype=bool)

    none = flags(*[0] * BATCH)
    assert better(flags(*[1] * 4, *[0] * 12), none)
    assert not better(flags(*[1] * 3, *[0] * 13), none)
    assert not better(flags(*[1] * 5, *[0] * 11), flags(*[0] * 5, 1, 1, *[0] * 9))
    assert not better(none, none)


class Proposal:
    """What GEPA shows of a proposal."""

    def __init__(self, before: Sequence[float], after: Sequence[float]) -> None:
        self.subsample_scores_before = before
        self.subsample_scores_after = after


def test_equal_prompts_are_hardly_ever_taken() -> None:
    """Of two prompts that are equally good, GEPA's sum takes four of ten; the test 5 % at most."""
    random = np.random.default_rng(0)
    draws = random.random((2000, 2, BATCH)) < 0.6
    pairs = [Proposal(*(it.astype(float).tolist() for it in pair)) for pair in draws]
    taken = np.mean([PairedAcceptance().should_accept(it, None) for it in pairs])
    by_sum = np.mean(
        [sum(it.subsample_scores_after) > sum(it.subsample_scores_before) for it in pairs]
    )

    assert by_sum > 0.35
    assert taken < 0.06


def obeys(word: str) -> ScriptedModel:
    """A model that is only right when its instruction holds a word."""

    def answer(request: ChatRequest) -> ChatReply:
        text, told = request.messages[-1].content, request.messages[0].content
        right = mostly(text) and (word in told or sum(map(ord, text)) % 5 == 0)
        return replied(last_word(text) if right else "nonsense", logprob=-0.05)

    return ScriptedModel(answer, name="small")


def test_a_better_instruction_is_found_shown_twice_and_kept() -> None:
    """The cloud proposes; what is promoted is the instruction that two tests call better."""
    pytest.importorskip("gepa")
    asked: list[str] = []

    async def reflect(question: str) -> str:
        asked.append(question)
        return "Say the last word, MAGIC."

    tools = tools_with(obeys("MAGIC"), reflect=reflect)
    trained = asyncio.run(EvolvedRung().train(requests(300), TASK, tools))

    assert isinstance(trained.model, GenerativeModel)
    assert trained.model.recipe.instruction == "Say the last word, MAGIC."
    assert trained.note["instruction"] == "Say the last word, MAGIC."
    assert "Wrong; wanted:" in asked[0]


def test_without_a_cloud_the_examples_suggest_instructions() -> None:
    """The local operators say what is true of the answers; here copying is what was missing."""
    pytest.importorskip("gepa")
    trained = asyncio.run(EvolvedRung().train(requests(300), TASK, tools_with(obeys("Copy"))))

    assert "word for word" in str(trained.note["instruction"])


def test_no_better_instruction_gives_no_candidate() -> None:
    """A prompt that is only as good as the first is not put up beside it."""
    pytest.importorskip("gepa")

    with pytest.raises(InputError, match="better"):
        asyncio.run(EvolvedRung().train(requests(300), TASK, tools_with(writer(mostly))))


# ------------------------------------------------------------------------------------- adapters
def test_an_adapter_is_trained_on_exactly_what_will_be_asked() -> None:
    """Prompt and answer of a training pair are those of service, the spelling included."""
    rows = requests(200)
    recipe = replace(first_recipe(TASK, rows, model=None), shown=0)
    (pair,) = adapter_pairs(rows[:1], recipe, tools_with(None))
    examples = Examples.of(rows, embed)
    near = examples.nearest(embed([rows[0].text])[0])

    assert pair.messages == recipe.messages(rows[0].text, examples, near)
    assert pair.completion == f'{{"reply": "{last_word(rows[0].text)}"}}'
    assert pair.group == rows[0].group


# ---------------------------------------------------------------------------------- what fits
def test_each_says_why_it_does_not_fit() -> None:
    """No model, answers that a machine chooses among, too few rows, no larger model."""
    rows = requests(260)
    labels = [replace(row, label='{"reply":"yes"}') for row in rows]
    tools = tools_with(writer(mostly))
    demos = DemosRung()

    assert demos.unfit(TASK, rows, tools) is None
    assert "No local" in str(demos.unfit(TASK, rows, tools_with(None)))
    assert "machine" in str(demos.unfit(replace(TASK, shape="label"), labels, tools))
    assert "random examples" in str(demos.unfit(TASK, rows[:20], tools))
    assert "no other model" in str(LargerRung().unfit(TASK, rows, tools))
    assert LargerRung().unfit(TASK, rows, replace(tools, larger=("big",))) is None
    assert LoraRung().unfit(TASK, rows[:180], tools) is not None
    assert 1 < demos.seconds(TASK, rows, tools) < EvolvedRung().seconds(TASK, rows, tools)


def test_the_larger_model_is_asked_by_its_name() -> None:
    """Only its answers are judged, and only it will answer."""
    names: list[str | None] = []
    model = writer(mostly, name="big")

    async def chat(name: str | None) -> ChatModel:
        names.append(name)
        return model

    tools = replace(tools_with(model), chat=chat, larger=("big",))
    trained = asyncio.run(LargerRung().train(requests(260), TASK, tools))
    asyncio.run(trained.model.ask("w1 w2 w3 last", Request()))  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]

    assert set(names) == {"big"}


def test_too_little_time_is_told_and_nothing_is_claimed() -> None:
    """The number of judges hangs on the clock; below what could certify anything it gives up."""
    clock = FakeClock()

    def slow(request: ChatRequest) -> ChatReply:
        clock.advance(1.0)
        return replied(last_word(request.messages[-1].content), logprob=-0.05)

    tools = replace(tools_with(ScriptedModel(slow, name="small")), clock=clock, deadline=40.0)

    with pytest.raises(InputError, match="the time left is enough for"):
        asyncio.run(DemosRung().train(requests(165), TASK, tools))


def test_the_ladder_has_them_all_and_a_simulation_none() -> None:
    """Costs rise from what answers at once to what has to be written."""
    names = [rung.name for rung in sorted(all_rungs(), key=lambda it: it.cost)]
    quick = {rung.name for rung in all_rungs(generative=False)}

    assert names[-4:] == ["demos", "evolved", "lora", "larger"]
    assert not quick & set(names[-4:])


def test_examples_keep_their_count_of_an_answer_outside_the_group() -> None:
    """How often an answer is known must not count the row that is judged, nor its twins."""
    rows = [
        Row(f"r{index}", f"text {index}", '{"reply":"same"}', f"g{index // 2}", index, "bootstrap")
        for index in range(6)
    ]
    examples = Examples.of(rows, embed)
    near = examples.nearest(embed(["text 0"])[0], without=frozenset({"g0"}))
    written = examples.describe("text 0", '{"reply":"same"}', (), near)

    assert written.known == 4
    assert len(written.answers) == 4
    assert not math.isnan(written.nearest)
