import { execFile } from 'node:child_process'
import t from 'tap'

const UNIT = new URL('../../docs/operations/hermes.service', import.meta.url).pathname
/** Of 10, where 10 is a service that may do all that its user may. */
const EXPOSURE_MAX = 2

interface Ran {
  readonly code: number | string
  readonly output: string
}

function analyze(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile('systemd-analyze', args, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    )
  })
}

const isMissing = (await analyze('--version')).code === 'ENOENT'
const skip = isMissing && 'systemd-analyze is not installed: install the package systemd'

t.test('systemd finds no fault in the unit, and it may do little', { skip }, async (t) => {
  t.match(await analyze('verify', UNIT), { code: 0, output: /^((?!Unknown key).)*$/s })
  const { output } = await analyze('security', '--offline=true', '--no-pager', UNIT)
  const [, exposure = '10'] = /exposure level[^:]*: ([\d.]+)/.exec(output) ?? []
  t.ok(Number(exposure) <= EXPOSURE_MAX, `its exposure is ${exposure}`)
})
