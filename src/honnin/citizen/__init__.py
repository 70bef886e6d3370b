"""利用者: what a citizen does with the card – sign a document, answer a login.

The card signs; this room prepares what it signs and puts the signature where it belongs. A PIN is passed
through to the card and kept nowhere. Nothing is sent anywhere from here: the caller carries the answer.
"""
