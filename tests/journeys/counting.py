"""Count the pages and clicks that a journey takes a visitor."""

from typing import Any

from tests.journeys.visitor import Visitor

ONE_CLICK, ONE_PAGE = "one click of the visitor", "one page without a load"  # what the page says in its console

# Listens to what a person does with mouse, finger or keyboard: one press of a label makes two click events, of the
# label and of its box. A list (<select>) is counted by its change: the browser draws it outside of the page.
LISTEN = """((mark, page) => {
  if (window.clicksAreCounted) return;
  window.clicksAreCounted = true;
  const BUTTONS = "input:is([type=submit], [type=button], [type=reset], [type=image], [type=file])";
  const PRESSED = `a[href], button, summary, ${BUTTONS}, input[type=checkbox], input[type=radio]`;
  const pressed = target => {
    const label = target.closest("label");
    return target.closest(PRESSED) || label?.control?.closest(PRESSED);
  };
  const count = event => { if (event.target.closest && pressed(event.target)) console.debug(mark); };
  addEventListener("pointerdown", count, true);
  addEventListener("keydown", event => { if (["Enter", " "].includes(event.key)) count(event); }, true);
  addEventListener("change", event => { if (event.target.matches("select")) console.debug(mark); }, true);
  addEventListener("htmx:pushedIntoHistory", () => console.debug(page), true);
})"""


class Counted:
    """A visitor whose pages and clicks are counted from now on; acts as the visitor does.

    A page is each document that the browser shows in the main frame, so a redirect and its target are one, and a form
    that comes back with an error is another; so is a page that htmx shows under an address of its own. A click is each
    press of a link, button, box or radio and each choice from a list; typing and tabbing are none. Clicks are counted
    with JavaScript.
    """

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.pages = self._clicks = 0
        self.page.on("domcontentloaded", self._count_page)
        self.page.on("console", self._count_said)
        self.page.add_init_script(f'{LISTEN}("{ONE_CLICK}", "{ONE_PAGE}")')
        self.page.evaluate(f'{LISTEN}("{ONE_CLICK}", "{ONE_PAGE}")')  # for the document that is there now

    def __getattr__(self, name: str) -> Any:
        return getattr(self.visitor, name)

    @property
    def clicks(self) -> int:
        self.page.wait_for_load_state("domcontentloaded")
        assert self.page.evaluate("window.clicksAreCounted"), "Without JavaScript no click is counted."
        return self._clicks

    def height(self) -> int:
        """Return how high the whole page is, in CSS pixels."""
        return self.page.evaluate("document.documentElement.scrollHeight")

    def _count_page(self, _page: Any) -> None:
        self.pages += 1

    def _count_said(self, message: Any) -> None:
        self._clicks += message.text == ONE_CLICK
        self.pages += message.text == ONE_PAGE
