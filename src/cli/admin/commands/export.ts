import type { AdminCommand } from '../command.js'
import { Progress } from '../progress.js'
import { summary } from '../transfer-summary.js'

export const exportCommand: AdminCommand = {
  name: 'export',
  summary: 'writes the database, while no server runs, into a new folder that "import" takes on any engine',
  operands: [{ name: 'folder', description: 'what to make; it must not exist' }],
  async run({ operands: [folder = ''], config }) {
    const { exportDatabase } = await import('../../../server/transfer/export.js')
    const progress = new Progress()
    const made = await exportDatabase(config, folder, new Date(), progress.report).finally(() => progress.end())
    const next =
      'The certificates are not among it: they stay where they are. Name the other database in HERMES_DATABASE_URL and run "hermes admin import" before a server starts.'
    return { json: made, text: () => `${made.folder} has ${summary(made.rows)}.\n${next}\n` }
  },
}
