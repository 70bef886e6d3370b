"""Printed copies of a certificate: applied for, examined, printed, and handed out."""
