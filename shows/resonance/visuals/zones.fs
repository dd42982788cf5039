/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The Waste Zones: rust, sodium light raking through dust, shards that lift, sparks.",
  "INPUTS": [
    {"NAME": "near_south",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "near_middle", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "near_north",  "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "stir",    "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.2},
    {"NAME": "shard_1", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "shard_2", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "shard_3", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "shard_4", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "shard_5", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "shard_6", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "outline", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "drive",   "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.3},
    {"NAME": "level",   "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.6}
  ]
}*/
// Seen: plates of rusted rubble heaped to a skyline against sodium dust. Where someone stands
// the plates lift; each laid fragment throws a shard up, and the shards join into one outline.
const vec3 RUST = vec3(0.26, 0.062, 0.016);
const vec3 SODIUM = vec3(1.0, 0.40, 0.055);
const vec3 SOOT = vec3(0.010, 0.008, 0.008);
const vec3 BLUE = vec3(0.05, 0.16, 0.42);

float hash(vec2 p) { p = fract(p * vec2(0.1031, 0.1137)); p += dot(p, p.yx + 33.33); return fract(p.x * p.y * 7.13 + p.x); }
float noise(vec2 p) {
    vec2 i = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + 1.0), f.x), f.y);
}
float at_person(float x, float where) { float d = (x - where) * 4.2; return exp(-d * d); }

// A slab: distance to a turned box.
float slab(vec2 p, vec2 at, float turn, vec2 size) {
    p -= at;
    float c = cos(turn), s = sin(turn);
    p = abs(vec2(c * p.x + s * p.y, c * p.y - s * p.x)) - size;
    return max(p.x, p.y);
}

void main() {
    vec2 uv = isf_FragNormCoord;
    vec2 p = vec2(uv.x * 1.7778, uv.y);
    float t = TIME * 0.05;
    // The east wall runs north to south from left to right.
    float near = near_north * at_person(uv.x, 0.2) + near_middle * at_person(uv.x, 0.5)
               + near_south * at_person(uv.x, 0.8);

    // Dust in raking light.
    vec2 drift = vec2(t, -t * 0.12);
    float dust = noise(p * 2.3 - drift);
    dust = 0.6 * dust + 0.4 * noise(p * 5.1 - drift * 1.7 + dust * 1.5);
    float rake = p.x * 0.62 + p.y + 0.10 * dust;
    float shaft = 0.5 + 0.5 * sin(rake * 5.0 + 0.4 * sin(t) + 1.6 * sin(rake * 2.3));
    shaft *= shaft;
    float glow = (0.02 + 0.95 * shaft * dust * dust) * smoothstep(-0.2, 1.0, uv.y + 0.35 * uv.x);
    vec3 light = SODIUM * glow * (0.25 + 0.60 * drive + 0.5 * near) + SOOT;
    light += BLUE * 0.028 * (1.0 - dust) * uv.y * (1.0 - shaft);

    // Two ranks of rubble. A plate is a sheared cell with its own height and tilt.
    float lift = 0.30 * near * (0.7 + 0.3 * stir) + 0.07 * stir;
    for (int rank = 0; rank < 2; rank++) {
        float front = float(rank);
        float scale = 6.5 - 2.6 * front;
        float lean = (hash(vec2(floor(p.x * 2.0 + front * 5.0), 3.0)) - 0.5) * 0.35;
        float x = p.x * scale + lean * p.y * scale * 0.6 + 7.3 * front;
        float column = floor(x);
        float r = hash(vec2(column, 11.0 + front));
        float hang = sin(t * (2.2 + 3.0 * r) + r * 40.0);
        float top = 0.44 - 0.20 * front + 0.26 * (r - 0.4) + lift * (0.35 + 0.65 * r) * (1.0 + 0.16 * hang);
        float in_x = fract(x) - 0.5;
        float roof = top + in_x * (r - 0.5) * 0.30 - p.y;
        float shape = smoothstep(0.0, 0.005, roof) * smoothstep(0.5, 0.475, abs(in_x));
        float rusted = noise(vec2(x * 2.0, p.y * 8.0 + r * 9.0));
        float edge = smoothstep(0.022, 0.0, roof) + 0.5 * smoothstep(0.40, 0.475, in_x);
        vec3 plate = RUST * (0.10 + 0.75 * rusted * rusted) * (0.35 + 0.65 * smoothstep(0.55, 0.0, roof));
        plate *= 0.55 + 0.5 * front + 1.6 * near;
        plate += SODIUM * edge * (0.09 + 0.34 * shaft * dust + 0.5 * near) * (0.6 + 0.4 * r);
        light = mix(light, plate, shape);
    }

    // Shards of the touched fragments, and what they join into: a gate, Beauty in Ruin.
    float thrown[6] = float[6](shard_1, shard_2, shard_3, shard_4, shard_5, shard_6);
    if (shard_1 + shard_2 + shard_3 + shard_4 + shard_5 + shard_6 > 0.01) {
        float metal = 0.0, face = 0.0;
        for (int i = 0; i < 6; i++) {
            float n = float(i);
            float here = thrown[i];
            if (here <= 0.0) continue;
            float side = n - 2.5;
            vec2 strewn = vec2(0.889 + side * 0.29, 0.50 + 0.16 * sin(n * 2.4) + 0.025 * sin(t * 5.0 + n));
            vec2 joined = vec2(0.889 + side * 0.135, 0.80 - 0.045 * side * side);
            vec2 at = mix(strewn, joined, outline) - vec2(0.0, 0.5 * (1.0 - here) * (1.0 - here));
            float turn = mix(n * 1.3 + t * (0.6 + 0.2 * n), side * -0.42, outline);
            float d = slab(p, at, turn, vec2(0.058, 0.024 + 0.008 * sin(n * 3.0)));
            face = max(face, smoothstep(0.002, -0.002, d) * here);
            metal += here * exp(-max(d, 0.0) * 34.0);
        }
        light = mix(light, SODIUM * 0.24 + RUST * (0.3 + dust), face);
        light += SODIUM * (metal - face * 0.7) * (0.20 + 0.35 * outline);
    }

    // Sparks: few, small, slow to go out.
    vec2 field = p * vec2(9.0, 5.0) - vec2(0.3 * sin(t * 3.0), t * 5.5);
    vec2 cell = floor(field);
    float born = hash(cell + 17.0);
    vec2 away = fract(field) - 0.25 - 0.5 * vec2(born, fract(born * 57.0));
    float lit = step(0.95 - 0.22 * stir - 0.25 * near, born) * (0.55 + 0.45 * sin(TIME * 1.1 + born * 60.0));
    light += SODIUM * lit * exp(-dot(away, away) * 420.0) * (1.2 + 2.0 * drive);

    light *= level * 2.1;
    gl_FragColor = vec4(sqrt(1.0 - exp(-light)), 1.0);
}
