"""Everyday names of things: one line per thing, in English, German and Spanish.

A product of the shop gets all words of each line with one of the endings of its name, so a new product is usually
understood without changes here.
"""

from __future__ import annotations

THINGS = """t shirt, tee, shirt, tshirt, hemd, camiseta, playera
jacket, coat, jacke, chaqueta
fleece jacket, fleece, fleecejacke, forro polar
rain jacket, rain shell, raincoat, regenjacke, chubasquero, impermeable
sweater, jumper, pullover, pulli, jersey, sueter
hoodie, kapuzenpullover, sudadera
trousers, pants, hose, pantalon, pantalones
jeans, vaqueros
dress, kleid, vestido
scarf, schal, bufanda
gloves, glove, handschuhe, guantes
garden gloves, gardening gloves, gartenhandschuhe, guantes de jardin
hat, cap, beanie, muetze, hut, gorro, sombrero, gorra
socks, socken, calcetines
belt, guertel, cinturon
shoes, shoe, schuhe, zapatos, zapatillas
running shoes, runners, trainers, laufschuhe, zapatillas de correr, zapatillas para correr, running shoe
sneakers, sneaker, turnschuhe, zapatillas deportivas, trainers
boots, boot, stiefel, botas
hiking boots, hiking shoes, wanderschuhe, wanderstiefel, botas de montana, botas de senderismo
laptop, notebook computer, computer, portatil, ordenador portatil
smartphone, phone, mobile, cell phone, handy, telefono, movil, celular
tablet, tableta
e reader, ereader, ebook reader, reader, lector electronico, lector de libros
keyboard, tastatur, teclado
mouse, maus, raton
gaming mouse, gamingmaus, gaming maus, raton gaming
headphones, headphone, kopfhoerer, auriculares, cascos
earbuds, earbud, earphones, ohrhoerer, in ear kopfhoerer, auriculares inalambricos
speaker, lautsprecher, altavoz, bocina
bluetooth speaker, bluetooth lautsprecher, altavoz bluetooth
camera, kamera, camara
digital camera, digitalkamera, camara digital
action camera, action cam, actionkamera, action kamera, camara de accion, camara deportiva
security camera, indoor camera, ueberwachungskamera, sicherheitskamera, camara de seguridad
charger, ladegeraet, cargador
portable charger, power bank, powerbank, bateria externa, cargador portatil
watch, uhr, reloj
wristwatch, armbanduhr, reloj de pulsera
smart watch, smartwatch, reloj inteligente
clock, uhr, reloj
wall clock, wanduhr, reloj de pared
thermostat, thermostatregler, termostato
lamp, lampe, lampara
desk lamp, schreibtischlampe, tischlampe, lampara de escritorio, flexo
floor lamp, stehlampe, lampara de pie
light bulb, bulb, gluehbirne, bombilla, leuchtmittel
headlamp, head torch, headtorch, stirnlampe, kopflampe, linterna frontal, frontal
lantern, laterne, farol, linterna
flashlight, torch, taschenlampe, linterna
backpack, rucksack, mochila, daypack
bag, tasche, bolsa, bolso
luggage, suitcase, suitcases, luggage set, koffer, kofferset, maleta, maletas, juego de maletas
wallet, geldboerse, portemonnaie, cartera, billetera
umbrella, schirm, sonnenschirm, regenschirm, sombrilla, paraguas
sunglasses, shades, sonnenbrille, gafas de sol, lentes de sol
helmet, helm, casco
bicycle, bike, fahrrad, bici, bicicleta
skateboard, board, patineta, monopatin
yoga mat, mat, yogamatte, matte, esterilla, esterilla de yoga, colchoneta
dumbbell, dumbbells, dumbbell set, weights, hanteln, hantelset, mancuernas, pesas
kettle, wasserkocher, hervidor
electric kettle, wasserkocher, hervidor electrico
tea kettle, teekessel, kessel, teapot, tetera
teapot, teekanne, tetera
coffee maker, coffee machine, kaffeemaschine, cafetera
espresso machine, espressomaschine, cafetera espresso, maquina de espresso
coffee grinder, grinder, kaffeemuehle, molinillo, molinillo de cafe
dripper, pour over, coffee dripper, kaffeefilter, filtro de cafe
french press, stempelkanne, prensa francesa
blender, mixer, standmixer, licuadora, batidora
toaster, toster, tostadora
grill, barbecue, bbq, barbacoa, parrilla
stove, cooker, kocher, hornillo, cocina
skillet, frying pan, pan, pfanne, bratpfanne, sarten
pot, saucepan, topf, kochtopf, olla, cazuela
dutch oven, casserole, braeter, cocotte
knife, messer, cuchillo
chef knife, chefs knife, kitchen knife, kochmesser, kuechenmesser, cuchillo de cocina, cuchillo de chef
cutting board, chopping board, schneidebrett, tabla de cortar
bowl, schuessel, schale, bol, cuenco, fuente
salad bowl, salatschuessel, ensaladera
plate, plates, teller, plato, platos
mug, cup, tasse, becher, taza
glass, glasses, glaeser, vasos
carafe, karaffe, jarra, pitcher
bottle, flasche, botella
water bottle, drinking bottle, trinkflasche, wasserflasche, botella de agua
flask, thermos, thermosflasche, thermoskanne, isolierflasche, termo
lunch box, lunchbox, lunch tin, bento box, brotdose, fiambrera, tartera
bread box, bread bin, brotkasten, panera
spice rack, spice shelf, gewuerzregal, especiero
scale, kitchen scale, waage, kuechenwaage, balanza, bascula
apron, schuerze, delantal
dish rack, drying rack, abtropfgestell, escurreplatos
vacuum, vacuum cleaner, hoover, cleaner, staubsauger, aspiradora
air purifier, purifier, luftreiniger, purificador, purificador de aire
humidifier, luftbefeuchter, humidificador
fan, ventilator, ventilador
heater, heizung, heizgeraet, calefactor
iron, buegeleisen, plancha
chair, stuhl, sessel, silla
office chair, desk chair, buerostuhl, silla de oficina
stool, hocker, taburete
desk, schreibtisch, escritorio
table, tisch, mesa
bookshelf, book shelf, bookcase, shelf, buecherregal, regal, estanteria, librero, estante
sofa, couch, sofa
bed, bett, cama
pet bed, dog bed, cat bed, hundebett, katzenbett, haustierbett, cama para mascotas, cama de mascota
mattress, matratze, colchon
pillow, kissen, kopfkissen, almohada
cushion, sitzkissen, kissen, cojin
duvet, quilt, comforter, bettdecke, edredon
duvet cover, quilt cover, bettbezug, funda nordica
blanket, throw, decke, wolldecke, manta
sheet, sheets, bed sheet, laken, bettlaken, sabana, sabanas
towel, towels, towel set, handtuch, handtuecher, handtuchset, toalla, toallas, juego de toallas
curtain, curtains, drape, drapes, vorhang, vorhaenge, gardine, cortina, cortinas
rug, carpet, teppich, alfombra
doormat, fussmatte, felpudo
mirror, spiegel, espejo
basket, hamper, korb, cesta, cesto
candle, kerze, duftkerze, vela
vase, jarron, florero
frame, picture frame, bilderrahmen, rahmen, marco
perfume, fragrance, parfuem, parfum, duft, perfume, colonia
makeup, makeup kit, make up, make up kit, schminkset, maquillaje, kit de maquillaje
toothbrush, electric toothbrush, zahnbuerste, cepillo de dientes, cepillo electrico
hair dryer, hairdryer, foehn, secador
razor, shaver, rasierer, afeitadora
notebook, journal, notizbuch, libreta, cuaderno
pen, fountain pen, stift, fueller, fuellfederhalter, boligrafo, pluma
planner, diary, kalender, agenda
puzzle, jigsaw, jigsaw puzzle, puzle, rompecabezas
board game, game, brettspiel, spiel, juego de mesa
garden hose, hose, gartenschlauch, schlauch, manguera
watering can, giesskanne, regadera
shears, secateurs, pruners, gartenschere, tijeras de podar
spade, shovel, spaten, schaufel, pala
wheelbarrow, schubkarre, carretilla
compost bin, composter, komposter, compostador, compostera
raised bed, planter, planter box, hochbeet, bancal, jardinera
plant pot, flower pot, blumentopf, maceta
bird feeder, feeder, vogelhaus, futterhaus, comedero, comedero de pajaros
hammock, haengematte, hamaca
tent, zelt, tienda de campana, carpa
sleeping bag, schlafsack, saco de dormir
sleeping pad, sleeping mat, camping mat, isomatte, schlafmatte, esterilla
camp stove, camping stove, camping cooker, campingkocher, gaskocher, hornillo
trekking poles, walking sticks, hiking poles, poles, wanderstoecke, trekkingstoecke, bastones
dry sack, dry bag, packsack, bolsa estanca, bolsa seca
cooler, cool box, kuehlbox, nevera portatil
lunch bag, kuehltasche
bike light, bicycle light, fahrradlicht, luz de bicicleta
bike lock, bicycle lock, lock, fahrradschloss, candado
pannier, bike bag, fahrradtasche, alforja
pump, floor pump, luftpumpe, bomba
dog leash, leash, leine, hundeleine, correa
cat tree, scratching post, kratzbaum, rascador
toy box, spielzeugkiste
storage box, box, aufbewahrungsbox, kiste, caja
coat rack, garderobe, perchero
laundry basket, waeschekorb, cesto de la ropa
alarm clock, wecker, despertador
radio, radio
record player, turntable, plattenspieler, tocadiscos
monitor, screen, bildschirm, pantalla
router, wlan router, enrutador
printer, drucker, impresora
tripod, stativ, tripode
binoculars, fernglas, prismaticos
telescope, teleskop, telescopio
guitar, gitarre, guitarra"""

GROUPS: tuple[tuple[str, ...], ...] = tuple(
    tuple(part.strip() for part in line.split(",")) for line in THINGS.splitlines()
)
