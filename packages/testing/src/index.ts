/**
 * A simulated BattlEye server and network, under a virtual clock or on real UDP
 * (`@bercon/testing/NodeSimulatedServer`).
 *
 * @since 0.1.0
 */
export * as Endpoint from "./Endpoint.ts"
export * as MockRconClient from "./MockRconClient.ts"
export * as MockTransport from "./MockTransport.ts"
export * as ServerMachine from "./ServerMachine.ts"
export * as SimulatedNetwork from "./SimulatedNetwork.ts"
export * as SimulatedServer from "./SimulatedServer.ts"
export * as TestFleet from "./TestFleet.ts"
export * as TestRcon from "./TestRcon.ts"
export * as World from "./World.ts"
