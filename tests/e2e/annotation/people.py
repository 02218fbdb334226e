"""Reviewers: accounts made through the sign-up page, and hands on a keyboard in a real browser."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from ipt.annotation.answers import pseudonym
from ipt.annotation.client import Client

SECRET = "Correct-Horse-7-battery"
SUBMIT = "[data-testid=bottombar-submit-button]"
PAINTED = """() => { const shown = [...document.querySelectorAll('.ipt img')].filter(i => i.offsetParent !== null);
  return shown.length > 0 && shown.every(i => i.complete && i.naturalWidth > 0 && i.offsetWidth > 50) }"""
WHOLE = """() => [...document.querySelectorAll('.ipt-pictures img')].filter(i => i.offsetParent !== null).map(i => {
  const box = i.getBoundingClientRect();
  return [getComputedStyle(i).objectFit, box.right <= i.closest('.ipt').getBoundingClientRect().right + 1] })"""


LOGGED_IN: dict[tuple[int, str, str], Any] = {}
"""(browser, server, email) -> context."""


@dataclass(frozen=True)
class Person:
    email: str
    user: int

    @property
    def name(self) -> str:
        return pseudonym(self.user)


def sign_up(client: Client, email: str) -> Person:
    """As a person does with the invitation link."""
    link = client.url + client.get("/api/invite")["invite_url"]
    with httpx2.Client(follow_redirects=True, trust_env=False) as page:
        form = page.get(link).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token
        body = {"csrfmiddlewaretoken": token[1], "email": email, "password": SECRET, "allow_newsletters": "false"}
        page.post(link, data=body, headers={"Referer": link})
    found = [user for user in client.get("/api/users") if user["email"] == email]
    assert len(found) == 1, f"{email} could not sign up"
    return Person(email, int(found[0]["id"]))


class Desk:
    """One person's browser window on one project. Answers are typed; nothing is clicked after logging in."""

    def __init__(self, browser: Any, url: str, person: Person, project: int) -> None:
        self.url, self.project = url, project
        self.elsewhere: list[str] = []
        known = (id(browser), url, person.email)
        if known not in LOGGED_IN:  # a context has a cache of its own, and the page is 10 MB of script
            LOGGED_IN[known] = browser.new_context(viewport={"width": 1400, "height": 1100})
            self.page = LOGGED_IN[known].new_page()
            self.page.goto(f"{url}/user/login/")
            self.page.fill("input[name=email]", person.email)
            self.page.fill("input[name=password]", SECRET)
            self.page.click("button[type=submit]")
            self.page.wait_for_url(lambda address: "/user/login" not in address)
        else:
            self.page = LOGGED_IN[known].new_page()
        self.page.set_default_timeout(90_000)
        self.page.on("request", self._note)
        self.open()

    def open(self) -> None:
        """The label stream; the guidelines come first and Escape closes them."""
        self.page.goto(f"{self.url}/projects/{self.project}/data?labeling=1")
        self.page.wait_for_selector(SUBMIT)
        if self.page.locator(".ant-modal, [class*=modal]").count():
            self.page.keyboard.press("Escape")

    def current(self) -> str:
        """The question on the screen."""
        self.page.wait_for_function(
            "() => /\\[[a-z]+-[a-z]+-test-/.test(document.querySelector('.ipt')?.innerText || '')"
        )
        found = re.search(r"\[([^\]]+)\]", self.page.locator(".ipt").inner_text())
        assert found
        return found[1]

    def wait_painted(self) -> None:
        """Until every picture that is shown has pixels."""
        self.page.wait_for_function(PAINTED)

    def pictures_shown(self) -> int:
        return int(self.page.locator(".ipt-pictures img:visible").count())

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(60)

    def submit(self) -> int:
        """Control+Enter; the status of what the server answered."""
        with self.page.expect_response(_saves) as answer:
            self.page.keyboard.press("Control+Enter")
        return int(answer.value.status)

    def review_all(self, answers: Mapping[str, str], shots: Path | None = None) -> dict[str, str]:
        """Answer every item in the order the stream gives them; returns what was typed for each question."""
        typed = {}
        for _ in range(len(answers)):
            name = self.current()
            self.wait_painted()
            self.press(*answers[name])
            if shots:
                self.page.screenshot(path=str(shots / f"{name}.png"), full_page=True)
            assert self.submit() == 201
            typed[name] = answers[name]
            if len(typed) < len(answers):
                self.page.wait_for_function(
                    "name => !(document.querySelector('.ipt')?.innerText || name).includes(name)", arg=name
                )
        return typed

    def close(self) -> None:
        self.page.close()

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.elsewhere.append(request.url)


def _saves(response: Any) -> bool:
    return "/annotations" in response.url and response.request.method in ("POST", "PATCH")
