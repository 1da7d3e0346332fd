"""Examples: tests of a project."""


def test_a_project_under_test() -> None:
    """testing.project, testing.ProjectUnderTest, testing.FakeClock"""
    from compound import testing

    clock = testing.FakeClock()
    desk: testing.ProjectUnderTest
    with testing.project(".", models={"writer": [{"text": "In the shed.", "source": "Water"}]}, clock=clock) as desk:
        desk.index()
        run = desk.run(id="Q-1", question="Where are the hoses?")
        assert run.status == "waiting_review"
        clock.advance(hours=1)
        desk.approve()
        assert [(one.effect, one.arguments["text"]) for one in desk.effects()] == [("send_answer", "In the shed.")]
        assert "hoses" in str(desk.asked("writer")[0].messages)
