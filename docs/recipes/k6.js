// k6 run k6.js: a steady load, in the form that load-stage.sh needs.
import http from "k6/http";

export const options = { vus: 200, duration: "60s" };

// biome-ignore lint/style/noDefaultExport: k6 asks for one
export default function () {
  http.get(__ENV.SERVICE || "http://localhost:8080/", { timeout: "10s" });
}
