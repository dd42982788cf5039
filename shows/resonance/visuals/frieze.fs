/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The platform: the day's works as emblems in a frieze; in the end they fill all walls.",
  "INPUTS": [
    {"NAME": "work_1", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "work_2", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "work_3", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "work_4", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "work_5", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "grow_1", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "grow_2", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "grow_3", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "grow_4", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "grow_5", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "show_works", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 1},
    {"NAME": "light", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5}
  ]
}*/
// Seen: five places on the horizon, in each a rosette grown from one work's value (`grow` 0: an
// empty niche), half silk and half slab. Above a `light` of a half the frieze goes on over the
// gardens wall and then over the zones wall. Transparent where there is none.
const vec3 GOLD = vec3(0.85, 0.50, 0.13);
const vec3 EMERALD = vec3(0.02, 0.30, 0.17);
const vec3 SODIUM = vec3(1.0, 0.40, 0.055);
const vec3 PEARL = vec3(1.0, 0.93, 0.80);

void main() {
    vec2 uv = isf_FragNormCoord;
    float t = TIME * 0.05;
    float wall = floor(uv.x * 3.0);
    float spread = 2.0 * light - 1.0;
    float shown = wall == 1.0 ? 1.0 : smoothstep(0.0, 0.5, spread - (wall == 2.0 ? 0.5 : 0.0));
    vec2 p = vec2(fract(uv.x * 3.0) * 5.0, uv.y * 2.8125);
    float place = floor(p.x);
    float row = floor(p.y - 0.90625);
    float pick = mod(place + 2.0 * row + wall + 4.0, 5.0);
    float work = pick < 0.5 ? work_1 : pick < 1.5 ? work_2 : pick < 2.5 ? work_3 : pick < 3.5 ? work_4 : work_5;
    float band = row == 0.0 ? 1.0 : smoothstep(0.25, 1.0, spread);
    float made = pick < 0.5 ? grow_1 : pick < 1.5 ? grow_2 : pick < 2.5 ? grow_3 : pick < 3.5 ? grow_4 : grow_5;
    vec2 c = vec2(fract(p.x), fract(p.y - 0.90625)) - 0.5;

    float far = length(c), a = atan(c.x, c.y);
    float petals = 3.0 + floor(work * 6.999);
    float kind = fract(work * 37.0), other = fract(work * 101.0);
    float turn = (kind - 0.5) * 6.0 + t * (other - 0.5) * 3.0;
    float wave = cos((a + turn) * petals);
    float cut = abs(fract((a + turn) * petals / 6.2831853 * 2.0) - 0.5) * 2.0;
    float shape = mix(wave, cut * 2.0 - 1.0, step(0.5, other) * 0.75);
    float body = (0.3 + 0.7 * made) * (0.27 + 0.085 * shape * (0.5 + kind));
    float d = far - body;
    float breath = 0.85 + 0.15 * sin(t * 9.0 + work * 50.0);
    vec3 inner = mix(EMERALD, SODIUM, kind);
    float fill = smoothstep(0.008, -0.008, d);
    float vein = 0.5 + 0.5 * cos(far * 48.0 * (0.6 + 0.7 * kind) - wave * 2.4);
    vec3 glow = inner * fill * (0.20 + 0.65 * vein * vein) * smoothstep(0.0, 0.16, far);
    glow += mix(GOLD, PEARL, 0.4 * other) * smoothstep(0.012, 0.002, abs(d)) * 1.1;
    glow += PEARL * exp(-far * 24.0) * 1.5;
    glow += inner * exp(-max(d, 0.0) * 16.0) * 0.16 * smoothstep(0.49, 0.36, far);
    glow *= made * breath;
    float niche = smoothstep(0.007, 0.001, abs(far - 0.40)) * (0.10 + 0.35 * made);
    glow += GOLD * niche;
    float rail = smoothstep(0.010, 0.003, abs(abs(p.y - 1.40625) - 0.5));
    glow += GOLD * rail * 0.55 * (0.7 + 0.3 * sin(uv.x * 20.0 - t * 5.0));
    float on = show_works * shown * max(band, rail * 0.8);
    glow *= 0.25 + 1.5 * light;
    float dark = smoothstep(0.56, 0.48, abs(p.y - 1.40625)) * 0.7;
    float alpha = on * clamp(max(dark, max(glow.r, glow.g) * 1.4), 0.0, 1.0);
    gl_FragColor = vec4(sqrt(1.0 - exp(-glow * 1.6)), alpha);
}
