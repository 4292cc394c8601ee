import { dayChargesOf } from '../../charges.js'
import { INVITATION_COLUMNS, INVITATION_FIELDS } from '../../invitation-row.js'
import type { StoredInvitation } from '../../records.js'
import type { PlacedAppend } from './append-rows.js'
import { note } from './notices.js'
import type { Transaction } from './transaction.js'

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')

const UPSERT_STAY = `
  INSERT INTO "Participant" ("conversationId", "userId", "fromSeq", "toSeq", "fingerprint") VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT ("conversationId", "userId", "fromSeq")
  DO UPDATE SET "toSeq" = excluded."toSeq", "fingerprint" = excluded."fingerprint"`

const UPSERT_INVITATION = `
  INSERT INTO "Invitation" (${quoted(INVITATION_COLUMNS)})
  VALUES (${INVITATION_COLUMNS.map((_, index) => `$${index + 1}`).join(', ')})
  ON CONFLICT ("id") DO UPDATE SET ${INVITATION_COLUMNS.map((name) => `"${name}" = excluded."${name}"`).join(', ')}`

const INSERT_REQUEST = `
  INSERT INTO "Request" ("userId", "requestId", "hash", "conversationId", "seq") VALUES ($1, $2, $3, $4, $5)`

const ADD_TO_DAY = `
  INSERT INTO "InvitationUsage" ("day", "userId", "bytes") VALUES ($1, $2, $3)
  ON CONFLICT ("day", "userId") DO UPDATE SET "bytes" = "InvitationUsage"."bytes" + excluded."bytes"`

/** Writes what an append changes beside its events, which are written. */
export function project(transaction: Transaction, { conversationId, append }: PlacedAppend): void {
  const { stays, invitations, request, expectedSeq } = append
  for (const { userId, fromSeq, toSeq, fingerprint } of stays)
    transaction.send(UPSERT_STAY, conversationId, userId, fromSeq, toSeq, fingerprint)
  for (const invitation of invitations) {
    writeInvitation(transaction, conversationId, invitation)
    note(transaction, conversationId, invitation, expectedSeq)
  }
  if (request !== null) {
    const { userId, requestId, hash, seq } = request
    transaction.send(INSERT_REQUEST, userId, requestId, hash, conversationId, seq)
  }
  for (const { day, userId, bytes } of dayChargesOf(append)) transaction.send(ADD_TO_DAY, day, userId, bytes)
}

function writeInvitation(transaction: Transaction, conversationId: number, invitation: StoredInvitation): void {
  const { inviter, invitee } = invitation
  const parties = [inviter.userId, inviter.fingerprint, invitee.userId, invitee.fingerprint]
  const fields = INVITATION_FIELDS.map((field) => invitation[field])
  transaction.send(UPSERT_INVITATION, conversationId, ...parties, ...fields)
}
