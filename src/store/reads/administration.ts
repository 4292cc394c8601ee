import { ACCOUNT_COLUMNS, type AccountRow, ISSUED_COLUMNS, type IssuedRow, toAccount } from '../account-row.js'
import type { AdministrationStore } from '../administration-store.js'
import { toDate, withDates } from '../certificate-row.js'
import { type Readers, row, rows, type Work } from '../work.js'
import { listIssued } from './issued-pages.js'

const ACCOUNT = `
  SELECT ${ACCOUNT_COLUMNS} FROM "User" u
  JOIN "Certificate" c ON c."id" = (SELECT max("id") FROM "Certificate" WHERE "userId" = u."id")`

const page = (where: string) => `${ACCOUNT} WHERE ${where} u."username" > $1 ORDER BY u."username" LIMIT $2`
const USERS = page('')
const OF_ROLE = {
  user: page(`u."role" = 'user' AND`),
  administrator: page(`u."role" = 'administrator' AND`),
}
const USER = `${ACCOUNT} WHERE u."username" = $1`

const ISSUED = `SELECT ${ISSUED_COLUMNS}, c."der" FROM "Certificate" c JOIN "User" u ON u."id" = c."userId"`
const BY_SERIAL_NUMBER = `${ISSUED} WHERE c."serialNumber" = $1`
const BY_FINGERPRINT = `${ISSUED} WHERE c."fingerprint" = $1`

const FAILURES = `
  SELECT "address", "count", "since", "lockedUntil" FROM "LoginFailure" WHERE "username" = $1 ORDER BY "address"`

interface CertificateRow extends IssuedRow {
  readonly der: Uint8Array
}

interface FailuresRow {
  readonly address: string
  readonly count: number
  readonly since: number
  readonly lockedUntil: number | null
}

type Reads = Pick<AdministrationStore, 'listUsers' | 'findUser' | 'listIssued' | 'findIssued' | 'listLoginFailures'>

/** What administrators read. */
export function administrationReads({ read, snapshot }: Readers): Reads {
  return {
    async listUsers({ role, after, limit }) {
      const users = await read(rows<AccountRow>(role === null ? USERS : OF_ROLE[role], after ?? '', limit))
      return users.map(toAccount)
    },
    async findUser(username) {
      const user = await read(row<AccountRow>(USER, username))
      return user && toAccount(user)
    },
    listIssued: (page) => snapshot(listIssued(page)),
    async findIssued(name) {
      const issued = await read(findIssued(name))
      return issued && withDates(issued)
    },
    async listLoginFailures(username) {
      const failures = await read(rows<FailuresRow>(FAILURES, username))
      return failures.map(({ since, lockedUntil, ...row }) => ({
        ...row,
        since: new Date(since),
        lockedUntil: toDate(lockedUntil),
      }))
    },
  }
}

function* findIssued(name: string): Work<CertificateRow | null> {
  return (yield* row<CertificateRow>(BY_SERIAL_NUMBER, name)) ?? (yield* row<CertificateRow>(BY_FINGERPRINT, name))
}
