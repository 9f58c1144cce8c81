/**
 * `@senfo/battleye` from npm, used as in its own example, with its default options.
 */
import { type Connection, Socket } from "@senfo/battleye"
import { type Client, Countdown, HOST, PASSWORD, wrongReply } from "./client.ts"

const login = async (port: number): Promise<{ readonly socket: Socket; readonly connection: Connection }> => {
  const socket = new Socket()
  const connection = socket.connection({ name: "benchmark", ip: HOST, port, password: PASSWORD })
  await new Promise<void>((resolve, reject) => {
    connection.once("connected", resolve)
    socket.on("error", reject)
    connection.on("error", reject)
  })
  return { socket, connection }
}

export const idle = login

export const connect = async (port: number): Promise<Client> => {
  const { connection, socket } = await login(port)
  const messages = new Countdown()
  connection.on("message", () => messages.count())
  return {
    commands: async (text, count, window, length) => {
      let unsent = count
      const worker = async () => {
        while (unsent-- > 0) {
          const { data = "" } = await connection.command(text)
          if (data.length !== length) throw wrongReply(text, length, data)
        }
      }
      await Promise.all(Array.from({ length: window }, worker))
    },
    messages: async (count) => {
      const all = messages.wait(count)
      await connection.command(`flood ${count}`)
      await all
    },
    close: async () => socket.close()
  }
}
