import type { Database } from 'better-sqlite3'
import { INVITATION_COLUMNS, INVITATION_FIELDS } from '../invitation-row.js'
import type { StoredInvitation, StoredMember } from '../records.js'
import { noticeWriter } from './notices.js'
import type { Extras } from './packed-batch.js'
import { stayGuard } from './stay-guard.js'

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')

const UPSERT_INVITATION = `
  INSERT INTO "Invitation" (${quoted(INVITATION_COLUMNS)}) VALUES (${INVITATION_COLUMNS.map(() => '?').join(', ')})
  ON CONFLICT ("id") DO UPDATE SET ${INVITATION_COLUMNS.map((name) => `"${name}" = excluded."${name}"`).join(', ')}`

const UPSERT_STAY = `
  INSERT INTO "Participant" ("conversationId", "userId", "fromSeq", "toSeq", "fingerprint") VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET "toSeq" = excluded."toSeq", "fingerprint" = excluded."fingerprint"`

const INSERT_REQUEST = `
  INSERT INTO "Request" ("userId", "requestId", "hash", "conversationId", "seq") VALUES (?, ?, ?, ?, ?)`

/** Writes what an append changes beside its events, which come after `expectedSeq`; throws RevokedError. */
export function projectionWriter(db: Database): (conversationId: number, extras: Extras, expectedSeq: number) => void {
  const refuseRevoked = stayGuard(db)
  const upsertInvitation = db.prepare(UPSERT_INVITATION)
  const upsertStay = db.prepare(UPSERT_STAY)
  const insertRequest = db.prepare(INSERT_REQUEST)
  const notices = noticeWriter(db)

  const writeStay = (conversationId: number, { userId, fromSeq, toSeq, fingerprint }: StoredMember) =>
    upsertStay.run(conversationId, userId, fromSeq, toSeq, fingerprint)

  const writeInvitation = (conversationId: number, invitation: StoredInvitation) => {
    const { inviter, invitee } = invitation
    const parties = [inviter.userId, inviter.fingerprint, invitee.userId, invitee.fingerprint]
    upsertInvitation.run(conversationId, ...parties, ...INVITATION_FIELDS.map((field) => invitation[field]))
  }

  return (conversationId, { stays, invitations, request }, expectedSeq) => {
    for (const stay of stays) {
      if (stay.fromSeq > expectedSeq) refuseRevoked(stay)
      writeStay(conversationId, stay)
    }
    for (const invitation of invitations) {
      writeInvitation(conversationId, invitation)
      notices.note(conversationId, invitation, expectedSeq)
    }
    if (request !== null)
      insertRequest.run(request.userId, request.requestId, request.hash, conversationId, request.seq)
  }
}
