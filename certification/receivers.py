from certification.actions import sync_conditions
from certification.reference import ALLOTMENT_LIMITS, CONDITIONS


def on_migrated(**_):
    sync_conditions(conditions=CONDITIONS, limits=ALLOTMENT_LIMITS, by=None)
