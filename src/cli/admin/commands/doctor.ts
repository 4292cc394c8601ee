import type { Check, Status } from '../../../server/doctor/facts.js'
import type { AdminCommand } from '../command.js'

const MARKS: Readonly<Record<Status, string>> = { ok: 'ok     ', warning: 'WARNING', error: 'ERROR  ' }

export const doctor: AdminCommand = {
  name: 'doctor',
  summary: 'looks the installation over, and says what to do about what is not well',
  async run({ config }) {
    const { gatherFacts } = await import('../../../server/doctor/gather.js')
    const { examine } = await import('../../../server/doctor/doctor.js')
    const checks = examine(await gatherFacts(config, new Date()))
    const exitCode = checks.some(({ status }) => status === 'error') ? 1 : 0
    return { json: { checks }, text: () => `${checks.map(lines).join('')}${summary(checks)}`, exitCode }
  },
}

function lines({ name, status, detail, remedy }: Check): string {
  const remedyLine = remedy === undefined ? '' : `         → ${remedy}\n`
  return `${MARKS[status]}  ${name}: ${detail}\n${remedyLine}`
}

function summary(checks: readonly Check[]): string {
  const count = (status: Status) => {
    const { length } = checks.filter((check) => check.status === status)
    return `${length} ${status}${length === 1 ? '' : 's'}`
  }
  return `\n${checks.length} checks: ${count('error')}, ${count('warning')}\n`
}
