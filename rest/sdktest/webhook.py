"""Verifies webhooks with PortOne's SDK for Python: a line of JSON each on standard
input, and for each a line "accepted" or "refused"."""

import json
import sys

from portone_server_sdk import webhook

for line in sys.stdin:
    case = json.loads(line)
    try:
        webhook.verify(case["secret"], case["body"], case["header"])
        print("accepted")
    except webhook.WebhookVerificationError:
        print("refused")
