"""What stands at the end of a command's `--help`: how it is used, as one types it. A test parses each."""

import click

EXAMPLES: dict[str, tuple[str, ...]] = {
    "up": ("honnin up", "honnin up --port 8610 --ocsp-port 8612 --population 30"),
    "demo": ("honnin demo", "honnin demo --out evidence --language ja"),
    "card list": ("honnin card list", "honnin card list --json"),
    "card show": ("honnin card show TEST00000000001",),
    "card samples": ("honnin card samples",),
    "card create": (
        "honnin card create adult",
        "honnin card create child --name '試験　花' --birth-date 2018-04-02",
        "honnin card create adult --pin-fd 3 3< pins",
        "honnin card create held --out lost.json",
    ),
    "card insert": ("honnin card insert TEST00000000001",),
    "card remove": ("honnin card remove TEST00000000001",),
    "card trace": ("honnin card trace TEST00000000001",),
    "card read": ("honnin card read TEST00000000001", "honnin card read TEST00000000001 text/attributes"),
    "card apdu": ("honnin card apdu TEST00000000001 '00A4040C 0A D392F000260100000001=9000'",),
    "card change-pin": ("honnin card change-pin TEST00000000001 --pin signature-pin",),
    "card unblock-help": ("honnin card unblock-help TEST00000000001",),
    "sign": ("honnin sign letter.pdf --card TEST00000000001",),
    "verify": ("honnin verify letter-signed.pdf", "honnin verify letter-signed.pdf --json"),
    "login": ("honnin login https://portal.example --nonce NONCE --card TEST00000000001",),
    "certificate show": ("honnin certificate show TEST00000000001",),
    "certificate check": ("honnin certificate check TEST00000000001 --slot authentication",),
    "certificate export": (
        "honnin certificate export TEST00000000001 --out holder.pem",
        "honnin certificate export TEST00000000001 --form der | openssl x509 -inform DER -noout -text",
    ),
    "authority rollover": ("honnin authority rollover signature",),
    "chores": ("honnin chores", "honnin chores --due"),
    "journal verify": ("honnin journal verify",),
    "journal looks": ("honnin journal looks --staff hanako",),
    "staff add": (
        "honnin staff add kei --clerk 99101 --name '窓口 計'",
        "honnin staff add nao --operator --name '電話 直'",
    ),
    "staff list": ("honnin staff list",),
    "staff password": ("honnin staff password kei",),
    "staff resident": ("honnin staff resident kei < code",),
    "status audit": ("honnin status audit",),
    "completion": (
        'eval "$(honnin completion bash)"',
        "honnin completion fish > ~/.config/fish/completions/honnin.fish",
    ),
}


def with_examples(name: str, command: click.Command) -> click.Command:
    """The command with its examples, and those below a group with theirs."""
    lines = EXAMPLES.get(name, ())
    if lines and not command.epilog:
        command.epilog = "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))
    if isinstance(command, click.Group):
        for below, each in command.commands.items():
            with_examples(f"{name} {below}", each)
    return command
