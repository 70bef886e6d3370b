"""What the files of a number card's other applications hold: made for the issuer, read for clients.

券面事項入力補助 (`text`), 券面事項確認 (`visual`), 共通 and 住基 (`common`), the objects outside all
applications (`master_file`), the certificates above them (`certificates`) and the codes that open them
(`access_codes`). Bytes in, bytes out: no card, no file, no clock. A reader answers wrong bytes with
Malformed, bytes that nobody trusted signed with Untrusted, and nothing else. Serving files is
`card.chip.application`'s work; inventing people is not done here, and neither is drawing pictures.
"""
