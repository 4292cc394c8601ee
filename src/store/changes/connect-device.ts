import { row, type Work } from '../work.js'

export interface DeviceConnection {
  readonly deviceId: number
}

/** A device connects; answers how often it has, so that of two nodes each knows which connection is the newer. */
export function* connectDevice({ deviceId }: DeviceConnection): Work<number> {
  const connected = yield* row<{ number: number }>(
    'UPDATE "Device" SET "connections" = "connections" + 1 WHERE "id" = $1 RETURNING "connections" AS "number"',
    deviceId,
  )
  return connected?.number ?? 0
}
