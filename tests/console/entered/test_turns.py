"""Requests of one browser that change something are answered one after the other; others wait for nothing."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import RequestFactory

from honnin.console.entered.turns import Turns

LONG, SHORT = 10, 0.2
FORM = "application/x-www-form-urlencoded"


class Work:
    """What takes its time: the first request until it is let go, every other one none."""

    def __init__(self) -> None:
        self.began, self.let_go = Event(), Event()
        self.done: list[str] = []
        self.answers: list[HttpResponse] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.began.is_set():
            self.began.set()
            assert self.let_go.wait(LONG)
        self.done.append(request.path)
        response = HttpResponseRedirect(f"/after{request.path}")
        response.set_cookie("messages", "done")
        return response


class Browsers:
    """Who sends to the work."""

    def __init__(self) -> None:
        self.work = Work()
        self.turns = Turns(self.work)

    def send(
        self, path: str, browser: str = "one", *, kind: str = FORM, body: str = "x=1", looks: bool = False
    ) -> Thread:
        """A request under way."""
        factory = RequestFactory()
        request = factory.get(path) if looks else factory.post(path, body, content_type=kind)
        request.COOKIES["sessionid"] = browser
        thread = Thread(target=lambda: self.work.answers.append(self.turns(request)))
        thread.start()
        return thread

    def first(self) -> Thread:
        thread = self.send("/first")
        assert self.work.began.wait(LONG)
        return thread

    def finish(self, *threads: Thread) -> list[str]:
        self.work.let_go.set()
        for each in threads:
            each.join(LONG)
        assert not vars(self.turns)["_turns"]
        return self.work.done


@pytest.fixture
def browsers() -> Browsers:
    return Browsers()


def test_the_second_of_one_browser_comes_after_the_first(browsers: Browsers) -> None:
    first, second = browsers.first(), browsers.send("/second")
    second.join(SHORT)
    assert browsers.work.done == []
    assert browsers.finish(first, second) == ["/first", "/second"]


def test_a_double_click_is_answered_as_the_first_click_is(browsers: Browsers) -> None:
    assert browsers.finish(browsers.first(), browsers.send("/first")) == ["/first"]
    for answer in browsers.work.answers:
        assert (answer.status_code, answer.headers["Location"]) == (302, "/after/first")
        assert answer.cookies["messages"].value == "done"
    assert len(browsers.work.answers) == 2


@pytest.mark.parametrize(("kind", "body"), [(FORM, "x=2"), ("multipart/form-data; boundary=b", "x=1")])
def test_another_form_is_done(browsers: Browsers, kind: str, body: str) -> None:
    second = browsers.send("/first", kind=kind, body=body)
    assert browsers.finish(browsers.first(), second) == ["/first", "/first"]


def test_what_is_sent_again_later_is_looked_at_again(browsers: Browsers) -> None:
    browsers.finish(browsers.first())
    assert browsers.finish(browsers.send("/first")) == ["/first", "/first"]


@pytest.mark.parametrize(
    "other",
    [
        lambda browsers: browsers.send("/other", "another"),
        lambda browsers: browsers.send("/other", looks=True),
        lambda browsers: browsers.send("/other", ""),
    ],
    ids=["another browser", "who looks", "a stranger"],
)
def test_others_wait_for_nothing(browsers: Browsers, other: Callable[[Browsers], Thread]) -> None:
    first = browsers.first()
    other(browsers).join(LONG)
    assert browsers.work.done == ["/other"]
    browsers.finish(first)


def test_only_one_waits(browsers: Browsers) -> None:
    """Who presses a button again and again holds two threads and no more."""
    first, second = browsers.first(), browsers.send("/second")
    second.join(SHORT)
    browsers.send("/third").join(LONG)
    assert browsers.work.done == ["/third"]
    assert browsers.finish(first, second) == ["/third", "/first", "/second"]


def test_a_fault_ends_the_turn() -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise OSError("broken")

    turns = Turns(broken)
    request = RequestFactory().post("/", "x=1", content_type=FORM)
    request.COOKIES["sessionid"] = "one"
    for _time in range(2):
        with pytest.raises(OSError, match="broken"):
            turns(request)
    assert not vars(turns)["_turns"]


def test_a_late_second_click_on_a_form_that_led_nowhere_gets_the_same_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def refuse(request: HttpRequest) -> HttpResponse:
        done.append(request.path)
        return HttpResponse(f"refused {len(done)}", status=409)

    turns = Turns(refuse)

    def send(body: str) -> bytes:
        request = RequestFactory().post("/form", body, content_type=FORM)
        request.COOKIES["sessionid"] = "one"
        return turns(request).content

    assert [send("form_id=a&x=1") for _ in range(2)] == [b"refused 1"] * 2
    assert [send("form_id=a&x=2"), send("x=2"), send("x=2")] == [b"refused 2", b"refused 3", b"refused 4"]
    monkeypatch.setattr("honnin.console.entered.turns.AT_ONCE", timedelta())
    assert [send("form_id=b"), send("form_id=b")] == [b"refused 5", b"refused 6"]
    assert not vars(turns)["_turns"]
