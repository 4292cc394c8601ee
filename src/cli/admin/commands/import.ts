import { resolve } from 'node:path'
import type { AdminCommand } from '../command.js'
import { Progress } from '../progress.js'
import { summary } from '../transfer-summary.js'

export const importCommand: AdminCommand = {
  name: 'import',
  summary: 'fills an empty database with what "export" wrote, all of it or nothing, and reads it back',
  operands: [{ name: 'folder', description: 'what "hermes admin export" made' }],
  async run({ operands: [folder = ''], config }) {
    const { importDatabase } = await import('../../../server/transfer/import.js')
    const progress = new Progress()
    const { createdAt, tables } = await importDatabase(config, folder, progress.report).finally(() => progress.end())
    const rows = Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, table.rows]))
    const sentence = `Imported ${summary(rows)}, as they were exported. Start the server with the certificates that it had.\n`
    return { json: { folder: resolve(folder), createdAt, rows }, text: () => sentence }
  },
}
