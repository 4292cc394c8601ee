import type { Database } from 'better-sqlite3'
import { ACCOUNT_COLUMNS, type AccountRow, ISSUED_COLUMNS, type IssuedRow, toAccount } from '../../account-row.js'
import type { AdministrationStore } from '../../administration-store.js'
import { toDate, withDates } from '../../certificate-row.js'
import { issuedPages } from './issued-pages.js'

const ACCOUNT = `
  SELECT ${ACCOUNT_COLUMNS} FROM "User" u
  JOIN "Certificate" c ON c."id" = (SELECT max("id") FROM "Certificate" WHERE "userId" = u."id")`

const ISSUED = `SELECT ${ISSUED_COLUMNS}, c."der" FROM "Certificate" c JOIN "User" u ON u."id" = c."userId"`

const FAILURES = `
  SELECT "address", "count", "since", "lockedUntil" FROM "LoginFailure" WHERE "username" = ? ORDER BY "address"`

interface FailuresRow {
  readonly address: string
  readonly count: number
  readonly since: number
  readonly lockedUntil: number | null
}

type Reads = Pick<AdministrationStore, 'listUsers' | 'findUser' | 'listIssued' | 'findIssued' | 'listLoginFailures'>

/** What administrators read, through a connection that only reads. */
export function administrationReads(db: Database): Reads {
  const page = (where: string) => `${ACCOUNT} WHERE ${where} u."username" > ? ORDER BY u."username" LIMIT ?`
  const users = db.prepare<[string, number], AccountRow>(page(''))
  const ofRole = {
    user: db.prepare<[string, number], AccountRow>(page(`u."role" = 'user' AND`)),
    administrator: db.prepare<[string, number], AccountRow>(page(`u."role" = 'administrator' AND`)),
  }
  const user = db.prepare<[string], AccountRow>(`${ACCOUNT} WHERE u."username" = ?`)
  const bySerialNumber = db.prepare<[string], IssuedRow & { der: Buffer }>(`${ISSUED} WHERE c."serialNumber" = ?`)
  const byFingerprint = db.prepare<[string], IssuedRow & { der: Buffer }>(`${ISSUED} WHERE c."fingerprint" = ?`)
  const failures = db.prepare<[string], FailuresRow>(FAILURES)
  const listIssued = issuedPages(db)

  return {
    async listUsers({ role, after, limit }) {
      return (role === null ? users : ofRole[role]).all(after ?? '', limit).map(toAccount)
    },
    async findUser(username) {
      const row = user.get(username)
      return row === undefined ? null : toAccount(row)
    },
    listIssued: async (certificates) => listIssued(certificates),
    async findIssued(name) {
      const row = bySerialNumber.get(name) ?? byFingerprint.get(name)
      return row === undefined ? null : withDates(row)
    },
    listLoginFailures: async (username) =>
      failures.all(username).map(({ since, lockedUntil, ...row }) => ({
        ...row,
        since: new Date(since),
        lockedUntil: toDate(lockedUntil),
      })),
  }
}
