"""Who may open which address of the portal."""

STAFF = ("Registrar", "Pharmacist", "Technician", "Driver", "Manager", "Auditor", "Administrator")
OTHERS = ("nobody", "newcomer", "patient", "caregiver", "guardian", "applicant", "physician", "delegate")
ROLES = (*OTHERS, *STAFF)
