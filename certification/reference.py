"""The program's official list of conditions and the history of the monthly limit.

Source: Connecticut Department of Consumer Protection, list of debilitating conditions [docs/domain.md#conditions];
limits 2.5 oz, then 3.0, then 3.5 oz [docs/domain.md#monthly-allotment], each from the day on which the press reported
the department's announcement (CTNewsJunkie, October 18, 2021; WTNH, February 18, 2022).
"""

from datetime import date
from decimal import Decimal

from django.utils.text import slugify

PROGRAM_BEGAN = date(2012, 10, 1)

_ADULTS_AND_MINORS = [
    "Cerebral Palsy",
    "Cystic Fibrosis",
    "Irreversible Spinal Cord Injury with Objective Neurological Indication of Intractable Spasticity",
    "Terminal Illness Requiring End-of-Life Care",
    "Uncontrolled Intractable Seizure Disorder",
    "Muscular Dystrophy",
    "Osteogenesis Imperfecta",
    "Intractable Neuropathic Pain Unresponsive to Standard Medical Treatments",
    "Tourette Syndrome",
    "Chronic Pancreatitis",
]
_MINORS_ONLY = ["Severe Epilepsy"]
_ADULTS_ONLY = [
    "Cancer",
    "Glaucoma",
    "Positive Status for HIV or AIDS",
    "Parkinson’s Disease",
    "Multiple Sclerosis",
    "Damage to the Nervous Tissue of the Spinal Cord with Objective Neurological Indication of Intractable Spasticity",
    "Epilepsy",
    "Cachexia",
    "Wasting Syndrome",
    "Crohn’s Disease",
    "Post-Traumatic Stress Disorder",
    "Sickle Cell Disease",
    "Post Laminectomy Syndrome with Chronic Radiculopathy",
    "Severe Psoriasis and Psoriatic Arthritis",
    "Amyotrophic Lateral Sclerosis",
    "Ulcerative Colitis",
    "Complex Regional Pain Syndrome, Type 1 and Type II",
    "Spasticity or Neuropathic Pain Associated with Fibromyalgia",
    "Severe Rheumatoid Arthritis",
    "Post Herpetic Neuralgia",
    "Hydrocephalus with Intractable Headache",
    "Intractable Headache Syndromes",
    "Neuropathic Facial Pain",
    "Chronic Neuropathic Pain Associated with Degenerative Spinal Disorders",
    "Interstitial Cystitis",
    "Median Arcuate Ligament Syndrome",
    "Vulvodynia and Vulvar Burning",
    "Chronic Pain of at least 6 Months Duration Associated with a Specified Underlying Chronic Condition Refractory to "
    "Other Treatment Intervention",
    "Ehlers-Danlos Syndrome Associated with Chronic Pain",
    "Movement Disorders Associated with Huntington Disease",
]

CONDITIONS = [
    {
        "code": slugify(name.replace("’", ""))[:60].rstrip("-"),
        "name": name,
        "for_adults": name not in _MINORS_ONLY,
        "for_minors": name not in _ADULTS_ONLY,
        "effective_date": PROGRAM_BEGAN,
    }
    for name in [*_ADULTS_AND_MINORS, *_MINORS_ONLY, *_ADULTS_ONLY]
]

ALLOTMENT_LIMITS = {
    PROGRAM_BEGAN: Decimal("2.50"),
    date(2021, 10, 18): Decimal("3.00"),
    date(2022, 2, 18): Decimal("3.50"),
}

# What physicians type for the conditions of the list, by code. It is no part of the official names.
ABBREVIATIONS = {
    "amyotrophic-lateral-sclerosis": ("ALS",),
    "cerebral-palsy": ("CP",),
    "complex-regional-pain-syndrome-type-1-and-type-ii": ("CRPS", "RSD"),
    "crohns-disease": ("IBD",),
    "cystic-fibrosis": ("CF",),
    "ehlers-danlos-syndrome-associated-with-chronic-pain": ("EDS",),
    "median-arcuate-ligament-syndrome": ("MALS",),
    "multiple-sclerosis": ("MS",),
    "parkinsons-disease": ("PD",),
    "positive-status-for-hiv-or-aids": ("HIV", "AIDS"),
    "post-herpetic-neuralgia": ("PHN",),
    "post-traumatic-stress-disorder": ("PTSD",),
    "severe-rheumatoid-arthritis": ("RA",),
    "sickle-cell-disease": ("SCD",),
    "ulcerative-colitis": ("IBD", "UC"),
}
