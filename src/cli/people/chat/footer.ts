import { visible } from '../../output.js'
import { clipped } from './layout.js'

const PENDING_SHOWN = 3

/** What is not part of the conversation yet: one's own messages that are not stored, and how the connection is. */
export function footerLines(pending: readonly string[], status: string | null, columns: number): readonly string[] {
  const shown = pending.slice(0, PENDING_SHOWN).map((text) => `  … ${line(text)}`)
  const more = pending.length > PENDING_SHOWN ? [`  … and ${pending.length - PENDING_SHOWN} more`] : []
  const lines = [...shown, ...more, ...(status === null ? [] : [`  ${line(status)}`])]
  return lines.map((one) => clipped(one, columns - 1))
}

/** One, whatever the hub gave as its reason: what stands below it would look like a conversation. */
function line(text: string): string {
  return visible(text).replaceAll('\n', '\\n')
}
