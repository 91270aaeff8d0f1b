"""All faults, by the case that each is made to break."""

from __future__ import annotations

from tests.conformance.custodian import (
    faults_access,
    faults_data,
    faults_http,
    faults_oauth,
    faults_personal,
    faults_push,
    faults_tls,
)
from tests.conformance.custodian.faults import Fault

MODULES = (faults_access, faults_oauth, faults_http, faults_data, faults_push, faults_personal, faults_tls)
EVERY: tuple[Fault, ...] = tuple(fault for module in MODULES for fault in module.FAULTS)
