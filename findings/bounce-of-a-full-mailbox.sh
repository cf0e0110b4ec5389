#!/usr/bin/env bash
# flufl.bounce 6.0.0 calls a full mailbox a permanent failure, and gives no status code by which to see that it is not.
#
# A server that gives up on a full mailbox reports Action "failed" with Status 5.2.2 (RFC 3463: mailbox full), which
# passes as soon as its owner deletes something. The package decides by the action alone, so it says the same of 5.2.2
# as of 5.1.1 (no such mailbox). Who stops the mail to its "permanent" addresses cuts off people with a full mailbox.
# For a report with Action "delayed" it gives a temporary failure, whatever the code.
#
# Seen: what all_failures() returns for three reports that differ in action and code alone.
#   failed  5.1.1  temporary: none, permanent: reader@example.org
#   failed  5.2.2  temporary: none, permanent: reader@example.org
#   delayed 4.2.2  temporary: reader@example.org, permanent: none
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check flufl.bounce==6.0.0

cat >expected.txt <<'TEXT'
failed  5.1.1 temporary: none, permanent: reader@example.org
failed  5.2.2 temporary: none, permanent: reader@example.org
delayed 4.2.2 temporary: reader@example.org, permanent: none
TEXT
venv/bin/python - <<'PYTHON' | tee seen.txt
from email import message_from_string

from flufl.bounce import all_failures

REPORT = """\
From: MAILER-DAEMON@mx.example.org
To: sender@example.org
Subject: Delivery report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=part

--part
Content-Type: text/plain

About your mail.
--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; reader@example.org
Action: {action}
Status: {status}
--part
Content-Type: message/rfc822

From: sender@example.org
To: reader@example.org
Message-ID: <1@example.org>
Subject: Hello

Hello.
--part--
"""
for action, status in (("failed", "5.1.1"), ("failed", "5.2.2"), ("delayed", "4.2.2")):
    report = message_from_string(REPORT.format(action=action, status=status))
    temporary, permanent = (b", ".join(sorted(found)).decode() or "none" for found in all_failures(report))
    print(f"{action:<7} {status} temporary: {temporary}, permanent: {permanent}")
PYTHON
diff expected.txt seen.txt
