"""How mail is written: lines end as mail wants them, letters beyond ASCII are encoded, and links stay in one piece."""

from email.headerregistry import HeaderRegistry
from email.policy import SMTP, EmailPolicy
from typing import Any, ClassVar


class _Link:
    """A header that is never folded or encoded, since a link in two pieces is none."""

    max_count: ClassVar[int] = 1
    name: str

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Take a value as it is.

        Parameters
        ----------
        value
            The header's, checked before.
        kwds
            Where the email package wants to find it.
        """
        kwds |= {"decoded": value, "parse_tree": None}

    def fold(self, *, policy: EmailPolicy) -> str:
        """Return the header's line.

        Parameters
        ----------
        policy
            How lines end.
        """
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Link)  # type: ignore[arg-type]

POLICY = SMTP.clone(cte_type="7bit", header_factory=_HEADERS)
"""Mail that any server takes."""
