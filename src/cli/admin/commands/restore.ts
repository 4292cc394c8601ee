import { resolve } from 'node:path'
import { minute } from '../../table.js'
import type { AdminCommand } from '../command.js'

export const restore: AdminCommand = {
  name: 'restore',
  summary: 'puts a backup where no installation is; nothing is overwritten',
  operands: [{ name: 'folder', description: 'what "hermes admin backup" made' }],
  async run({ operands: [folder = ''], config }) {
    const { restore } = await import('../../../server/backup/restore.js')
    const { createdAt, files } = await restore(config, folder)
    const json = { folder: resolve(folder), createdAt, files: Object.keys(files) }
    const sentence =
      `Restored as of ${minute(createdAt)}. What was stored since is lost, which clients are told (gap); ` +
      'who registered or renewed since must recover. Start the server.\n'
    return { json, text: () => sentence }
  },
}
