/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The Resonance Project: eight oscillators, many small festivals or one light.",
  "INPUTS": [
    {"NAME": "order_r",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.3},
    {"NAME": "coupling", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.3},
    {"NAME": "hue",      "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5},
    {"NAME": "phase_1", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "phase_2", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.13},
    {"NAME": "phase_3", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.41},
    {"NAME": "phase_4", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.72},
    {"NAME": "phase_5", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.29},
    {"NAME": "phase_6", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.88},
    {"NAME": "phase_7", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.57},
    {"NAME": "phase_8", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.05},
    {"NAME": "level",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.7},
    {"NAME": "unison", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0}
  ]
}*/
// Seen: eight lanterns round the room send rings into one sheet of silk and dust; each has its
// own colour of the palette and its own phase. In phase the rings meet as one standing light;
// `coupling` widens their reach, `hue` leans the whole from silk to rust, `unison` is one breath.
const float TAU = 6.2831853;
const vec3 GOLD = vec3(0.80, 0.46, 0.12);
const vec3 EMERALD = vec3(0.02, 0.34, 0.19);
const vec3 PEARL = vec3(1.0, 0.92, 0.78);
const vec3 SODIUM = vec3(1.0, 0.38, 0.055);
const vec3 RUST = vec3(0.50, 0.10, 0.025);
const vec3 BLUE = vec3(0.05, 0.17, 0.46);

vec3 light = vec3(0.0);
float field = 0.0;

void lantern(vec2 p, float x, float y, float phase, vec3 colour) {
    vec2 q = p - vec2(x, y);
    float d = sqrt(dot(q, q) + 0.0004);
    float reach = 1.0 / (0.03 + d * d * (9.0 - 4.5 * coupling - 2.5 * order_r));
    float ring = 0.5 + 0.5 * cos(TAU * phase - d * 15.0);
    float beat = 0.55 + 0.45 * cos(TAU * phase);
    float glow = reach * 0.05;
    light += colour * glow * (0.16 + 0.95 * ring * ring) * (0.55 + 0.45 * beat);
    field += glow * (ring - 0.5);
}

void main() {
    vec2 uv = isf_FragNormCoord;
    float t = TIME * 0.05;
    vec2 p = vec2(uv.x * 5.3333, uv.y);
    // The sheet that carries the rings.
    vec2 w = p + (0.10 - 0.07 * order_r) * vec2(sin(p.y * 5.0 + t * 3.0 + sin(p.x * 2.0)), sin(p.x * 4.0 - t * 2.0));
    vec3 silk = mix(EMERALD, GOLD, hue), dust = mix(GOLD, SODIUM, hue);
    lantern(w, 0.33, 0.38, phase_1, EMERALD * 1.6);
    lantern(w, 1.00, 0.66, phase_2, silk);
    lantern(w, 1.67, 0.40, phase_3, PEARL * 0.6);
    lantern(w, 2.33, 0.62, phase_4, GOLD);
    lantern(w, 3.00, 0.38, phase_5, BLUE * 1.7);
    lantern(w, 3.67, 0.64, phase_6, dust);
    lantern(w, 4.33, 0.40, phase_7, SODIUM * 0.8);
    lantern(w, 5.00, 0.62, phase_8, RUST * 1.5);

    // Where all agree, threads of gold stand in the sheet.
    float thread = 1.0 - abs(sin(w.y * 11.0 + 1.1 * sin(w.x * 1.1 - t * 2.0) + 0.8 * sin(w.x * 2.7 + t) + field * (3.0 - 2.2 * order_r)));
    thread *= thread; thread *= thread; thread *= thread;
    light += mix(silk, PEARL, 0.35) * thread * (0.05 + 0.75 * order_r * order_r);
    light *= 0.65 + 0.75 * order_r;

    // One breath: the room's mean phase, as all share it.
    float breath = 0.72 + 0.28 * cos(TAU * phase_1);
    float arch = exp(-4.5 * (uv.y - 0.5) * (uv.y - 0.5));
    vec3 one = mix(GOLD, PEARL, 0.12 + 0.5 * thread) * arch * breath * (0.16 + 0.95 * thread + 0.30 * max(field, -0.2));
    light = mix(light, light * light * 0.9 + one, unison);
    light *= level * 1.5;
    gl_FragColor = vec4(sqrt(1.0 - exp(-max(light, 0.0))), 1.0);
}
