#ifndef CLIBPQ_SHIM_H
#define CLIBPQ_SHIM_H

#include <libpq-fe.h>

/* libpq names the fields of an error by character macros, which Swift does not import. */
static const int clibpq_diagnostic_sqlstate = PG_DIAG_SQLSTATE;
static const int clibpq_diagnostic_severity = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int clibpq_diagnostic_message = PG_DIAG_MESSAGE_PRIMARY;
static const int clibpq_diagnostic_constraint = PG_DIAG_CONSTRAINT_NAME;

/* Server messages of level NOTICE would go to our standard error; they are dropped instead. */
static void clibpq_drop_notice(void *argument, const PGresult *result) {
    (void)argument;
    (void)result;
}

static inline void clibpq_drop_notices(PGconn *connection) {
    PQsetNoticeReceiver(connection, clibpq_drop_notice, 0);
}

#endif
