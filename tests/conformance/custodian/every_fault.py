"""All faults, by the case that each is made to break."""

from __future__ import annotations

from tests.conformance.custodian import (
    faults_access,
    faults_data,
    faults_extensions,
    faults_http,
    faults_oauth,
    faults_personal,
    faults_push,
    faults_tls,
)
from tests.conformance.custodian.faults import Fault

EVERY: tuple[Fault, ...] = (
    *faults_access.FAULTS,
    *faults_oauth.FAULTS,
    *faults_extensions.FAULTS,
    *faults_http.FAULTS,
    *faults_data.FAULTS,
    *faults_push.FAULTS,
    *faults_personal.FAULTS,
    *faults_tls.FAULTS,
)
