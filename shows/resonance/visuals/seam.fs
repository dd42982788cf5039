/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The seam: the hard bright border between the two worlds, on the horizon.",
  "INPUTS": [
    {"NAME": "balance", "TYPE": "float", "MIN": -1, "MAX": 1, "DEFAULT": 0},
    {"NAME": "brightness", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.6},
    {"NAME": "crack",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "open_1", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "open_2", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "open_3", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "murmur", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0}
  ]
}*/
// Seen: emerald silk from the left, sodium dust from the right, and between them a white-hot
// line that the balance of people pushes. Voices (`murmur`) make it tremble slowly; each of its
// three segments opens into a glowing passage where both palettes mix.
const vec3 GOLD = vec3(0.62, 0.36, 0.08);
const vec3 EMERALD = vec3(0.010, 0.15, 0.080);
const vec3 PEARL = vec3(1.0, 0.92, 0.78);
const vec3 RUST = vec3(0.28, 0.065, 0.015);
const vec3 SODIUM = vec3(1.0, 0.40, 0.055);

void main() {
    vec2 uv = isf_FragNormCoord;
    vec2 p = vec2((uv.x - 0.5) * 1.7778, uv.y);
    float t = TIME * 0.07;

    // The segment at this height, with soft ends.
    float third = uv.y * 3.0;
    vec3 parts = vec3(open_1, open_2, open_3);
    float opening = parts.x * smoothstep(1.06, 0.94, third)
                  + parts.y * smoothstep(0.94, 1.06, third) * smoothstep(2.06, 1.94, third)
                  + parts.z * smoothstep(1.94, 2.06, third);

    float line = balance * 0.52 + 0.020 * sin(p.y * 5.0 + t * 3.0) + 0.008 * sin(p.y * 17.0 - t * 5.0);
    line += murmur * (0.022 * sin(p.y * 23.0 + t * 14.0) + 0.014 * sin(p.y * 41.0 - t * 19.0));
    float d = p.x - line;
    float away = abs(d);

    // Both worlds lean on it, as reflections in something wet.
    float flow = sin(p.y * 6.0 + 3.0 * sin(p.x * 2.2 - t * 2.0) + t * 2.0);
    float silk = 0.5 + 0.5 * sin(p.x * 9.0 + 1.4 * flow);
    float grit = 0.5 + 0.5 * sin(p.x * 14.0 - p.y * 9.0 + 1.8 * sin(p.y * 7.0 - p.x * 4.0 - t) + t * 3.0);
    vec3 west = EMERALD * (0.15 + 1.1 * silk * silk) + GOLD * 0.20 * silk * silk * silk * silk;
    vec3 east = RUST * (0.15 + 0.95 * grit * grit) + SODIUM * 0.13 * grit * grit * grit * grit;
    float mixing = 0.03 + 0.40 * opening;
    float side = smoothstep(-mixing, mixing, d + opening * 0.16 * flow);
    float falloff = exp(-away * 2.3) + 0.045;
    vec3 light = mix(west, east, side) * falloff * 1.5;

    // The line itself; a segment that opens thins to a lit edge on either side.
    float gap = opening * (0.24 + 0.03 * flow);
    float edge = abs(away - gap);
    float core = exp(-edge * (300.0 - 180.0 * opening));
    float halo = exp(-edge * 22.0) * 0.30 + exp(-edge * 6.0) * 0.10;
    vec3 heat = mix(mix(GOLD, SODIUM, smoothstep(-0.08, 0.08, d)), PEARL, 0.55 * (1.0 - opening));
    light += (PEARL * core * 3.4 * (1.0 - 0.8 * opening) + heat * halo) * brightness * 1.35;
    light += (GOLD * 0.5 + EMERALD * 0.7) * smoothstep(gap, 0.0, away) * opening * (0.35 + 0.4 * silk * grit) * (0.3 + brightness);

    // Hairlines run west out of it.
    if (crack > 0.001) {
        float y = p.y + 0.05 * sin(p.x * 11.0) + 0.03 * sin(p.x * 27.0 + p.y * 13.0) + 0.012 * sin(p.x * 61.0);
        float branch = y * 3.4 + 0.5 * sin(y * 4.0 + 2.0);
        float hair = abs(fract(branch) - 0.5) / 3.4;
        float reach = smoothstep(crack * 0.95, crack * 0.35, -d) * step(d, 0.0);
        light += SODIUM * reach * (exp(-hair * 420.0) * 1.7 + exp(-hair * 60.0) * 0.13) * (0.4 + 0.6 * crack);
    }
    gl_FragColor = vec4(sqrt(1.0 - exp(-light)), 1.0);
}
