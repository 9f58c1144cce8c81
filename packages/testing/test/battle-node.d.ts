/** As far as the tests use it; the package has no types. */
declare module "battle-node" {
  import type { Socket } from "node:dgram"

  interface Events {
    /** `error` where nobody answered within 5 seconds. */
    login: (error: true | null, success?: boolean) => void
    message: (text: string) => void
    /** The keepalive before the last was not answered. */
    disconnected: () => void
  }

  class BattleNode {
    constructor(config: { readonly ip: string; readonly port: number; readonly rconPassword: string })
    readonly socket: Socket
    /** Sends a keepalive every 10 seconds, logged in or not, and for ever. */
    readonly keepalive: NodeJS.Timeout
    login(): void
    sendCommand(text: string, callback?: (reply: string) => void): void
    keepalivePacket(): Buffer
    on<E extends keyof Events>(event: E, listener: Events[E]): this
  }

  export default BattleNode
}
