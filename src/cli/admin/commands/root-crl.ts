import type { AdminCommand } from '../command.js'
import { block, minute } from '../table.js'

export const rootCrl: AdminCommand = {
  name: 'root-crl',
  summary: "makes the root's next CRL, for a year, on the machine that has the root's key",
  async run({ config }) {
    const { renewRootCrl } = await import('../../../server/certificates/root-crl-renewal.js')
    const { certsDir: directory, caPassphraseFile: passphraseFile } = config
    const { file, number, thisUpdate, nextUpdate } = await renewRootCrl({ directory, passphraseFile, now: new Date() })
    const json = {
      file,
      number: String(number),
      thisUpdate: thisUpdate.toISOString(),
      nextUpdate: nextUpdate.toISOString(),
    }
    const entries = [
      ['CRL', file],
      ['Number', json.number],
      ['Next by', minute(json.nextUpdate)],
    ] as const
    return { json, text: () => `${block(entries)}A running server gives it out at once.\n` }
  },
}
