"""Examples: graphs written in Python."""


def test_a_graph() -> None:
    """Graph, spec.python.Reference, spec.GraphSpec"""
    from compound import Graph
    from compound.spec import GraphSpec
    from compound.spec.python import Reference

    graph = Graph("ask", input={"question": "str"})
    passages: Reference = graph.retrieve("garden", query=graph.input.question, top_k=2)
    graph.output(titles=passages)

    spec: GraphSpec = graph.build()
    assert spec.name == "ask"
    assert "use: retrieve" in spec.to_yaml()


def test_a_graph_that_runs() -> None:
    """spec.python.Compiles, graph.Compiled"""
    from contextlib import closing

    from compound import Graph, Project
    from compound.graph import Compiled
    from compound.spec.python import Compiles

    graph = Graph("ask", input={"question": "str"})
    graph.output(passages=graph.retrieve("garden", query=graph.input.question))

    def ready(project: Compiles[Compiled]) -> Compiled:
        return graph.compile(project)

    with closing(Project.open()) as project:
        project.index()
        found = ready(project).invoke({"question": "Where are the hoses?"})
        assert "green shed" in str(found["passages"])


def test_conditions() -> None:
    """is_in, length, spec.python.Condition"""
    from compound import Graph, is_in, length
    from compound.spec.python import Condition

    graph = Graph("sort", input={"kind": "str", "lines": "list[str]"})
    wanted: Condition = is_in(graph.input.kind, ["order", "refund"]) & (length(graph.input.lines) > 2)
    graph.tool("read", name="long", kind=graph.input.kind, when=wanted)
    assert "when: (input.kind in ['order', 'refund']) and (len(input.lines) > 2)" in graph.build().to_yaml()


def test_values_that_may_be_absent() -> None:
    """maybe, first"""
    from compound import Graph, first, maybe

    graph = Graph("reply", input={"text": "str"})
    draft = graph.llm("writer", prompt="prompts/answer.md", text=graph.input.text)
    decided = graph.review(show=[draft], decide={"approve": {}, "edit": {"text": "str"}})
    graph.output(said=first(decided.text, draft), changed=maybe(decided.text))
    assert "said: $decided.text ?? $draft" in graph.build().to_yaml()
    assert "changed: $decided.text?" in graph.build().to_yaml()


def test_blocks() -> None:
    """spec.python.Block, spec.python.Spare"""
    from compound import Graph
    from compound.spec.python import Block, Spare

    graph = Graph("letters", input={"letters": "list[str]"})
    each: Block
    with graph.map(graph.input.letters, name="each") as each:
        spare: Spare = each.spare
        each.out(each.tool("read", text=each.item, fallback=spare.tool("skim", text=each.item)))
    graph.output(read=each.value)
    assert "each: $input.letters" in graph.build().to_yaml()


def test_a_file_as_python() -> None:
    """to_python, spec.load_graph"""
    from pathlib import Path

    from compound import to_python
    from compound.spec import load_graph

    file = Path("graphs/answer.yaml")
    spec = load_graph(file.read_bytes(), str(file))
    assert "graph.retrieve('garden'" in to_python(spec)
