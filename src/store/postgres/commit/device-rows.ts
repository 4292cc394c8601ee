import type { DeviceOpening, DeviceOutcome } from '../../commit/batch.js'
import { DEVICE_LIFE_MS } from '../../devices.js'
import { describe } from '../../unavailable.js'
import { isOfValues } from '../postgres-error.js'
import { tellOpen } from './notices.js'
import type { Transaction } from './transaction.js'

const FORGET = `
  DELETE FROM "Device" d USING unnest($1::int[], $2::timestamptz[]) AS o ("userId", "until")
  WHERE d."userId" = o."userId" AND d."lastSeenAt" < o."until"`
const SEE = `
  UPDATE "Device" d SET "lastSeenAt" = o."at"
  FROM unnest($1::int[], $2::text[], $3::timestamptz[]) AS o ("userId", "name", "at")
  WHERE d."userId" = o."userId" AND d."name" = o."name" RETURNING d."id", d."userId", d."name"`
const MAKE = `
  INSERT INTO "Device" ("userId", "name", "createdAt", "lastSeenAt")
  SELECT $1::int, $2, $3::timestamptz, $3::timestamptz
  WHERE (SELECT count(*) FROM "Device" WHERE "userId" = $1::int) < $4
  RETURNING "id"`

const keyOf = ({ userId, name }: Pick<DeviceOpening, 'userId' | 'name'>) => `${userId} ${name}`

/** Opens devices, whose users are locked, inside the transaction of its caller. */
export async function openDevices(
  transaction: Transaction,
  openings: readonly DeviceOpening[],
): Promise<readonly DeviceOutcome[]> {
  if (openings.length === 0) return []
  const outcomes = await seeKnown(transaction, openings)
  for (const opening of openings)
    if (!outcomes.has(keyOf(opening))) outcomes.set(keyOf(opening), await make(transaction, opening))
  return openings.map((opening) => outcomes.get(keyOf(opening)) ?? { cause: 'The device was not opened' })
}

async function seeKnown(
  transaction: Transaction,
  openings: readonly DeviceOpening[],
): Promise<Map<string, DeviceOutcome>> {
  const users = openings.map(({ userId }) => userId)
  const names = openings.map(({ name }) => name)
  const seen = await transaction.isolate(async () => {
    transaction.send(
      FORGET,
      users,
      openings.map(({ now }) => new Date(now - DEVICE_LIFE_MS)),
    )
    return transaction.ask<{ id: number; userId: number; name: string }>(
      SEE,
      users,
      names,
      openings.map(({ now }) => new Date(now)),
    )
  })
  return new Map(seen.map((device) => [keyOf(device), { id: device.id }]))
}

async function make(
  transaction: Transaction,
  { userId, name, now, maxDevices }: DeviceOpening,
): Promise<DeviceOutcome> {
  try {
    return await transaction.isolate(async () => {
      const [made] = await transaction.ask<{ id: number }>(MAKE, userId, name, new Date(now), maxDevices)
      if (made === undefined) return 'quota'
      tellOpen(transaction, made.id, userId)
      await transaction.settled()
      return made
    })
  } catch (error) {
    if (!isOfValues(error)) throw error
    return { cause: describe(error) }
  }
}
