"""What can be done in this installation: what the roles that are played offer."""

from collections.abc import Mapping

from honnin.console.published.document import Procedure
from honnin.sites.roles import played


def pages() -> Mapping[Procedure, str]:
    """Every procedure of the published texts that can be done here, and the name of its page."""
    return {procedure: page for role in played() for procedure, page in role.offers().items()}


def offered() -> frozenset[Procedure]:
    """Every procedure that has its page."""
    return frozenset(pages())
