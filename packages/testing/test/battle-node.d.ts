/** Types of some members of `battle-node`. The package itself has no types. */
declare module "battle-node" {
  import type { Socket } from "node:dgram"

  interface Events {
    /** `error` is set if no answer came within 5 seconds. */
    login: (error: true | null, success?: boolean) => void
    message: (text: string) => void
    /** Emitted if a keepalive is due and the last one was not answered. */
    disconnected: () => void
  }

  class BattleNode {
    constructor(config: { readonly ip: string; readonly port: number; readonly rconPassword: string })
    readonly socket: Socket
    /** Sends a keepalive every 10 seconds, even before the login, until a login or a keepalive is not answered. */
    readonly keepalive: NodeJS.Timeout
    login(): void
    sendCommand(text: string, callback?: (reply: string) => void): void
    on<E extends keyof Events>(event: E, listener: Events[E]): this
  }

  export default BattleNode
}
