import type { ConfirmedClock } from '../../../wire/clock.js'
import { block, minute } from '../../table.js'
import type { AdminCommand } from '../command.js'

export const confirmClock: AdminCommand = {
  name: 'confirm-clock',
  summary: 'says that the clock is right, so that what is old by it is removed; look at it first',
  async run({ connect }) {
    const { clock, believed } = (await (await connect()).call('POST', '/admin/clock/confirm', {})) as ConfirmedClock
    const entries = [
      ['Believed now', minute(clock)],
      ['Before', believed === null ? 'nothing' : minute(believed)],
    ] as const
    return { json: { clock, believed }, text: () => block(entries) }
  },
}
