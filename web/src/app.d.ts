declare global {
	namespace App {}

	interface Window {
		/** What src/boot.js has asked the server, by path and query. */
		liaisonHeadStart?: Map<string, Promise<Response>>;
	}
}

export {};
