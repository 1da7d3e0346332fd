"""Heads of quoted letters as mail programs write them, and what stands above and below. `|` is a line break."""

from __future__ import annotations

HEADS = """
On Aug 3, 2026, at 10:01 AM, Nora Quist <nora.quist@example.com> wrote:
On Mon, Aug 3, 2026 at 10:01 Nora Quist wrote:
On 03/08/2026 10:01, Nora Quist wrote:
On Monday, August 3, 2026 at 10:01:12 AM EDT, Nora Quist <nora.quist@example.com> wrote:
2026-08-03 10:01 GMT+02:00 Nora Quist <nora.quist@example.com>:
Nora Quist <nora.quist@example.com> wrote on Mon, 3 Aug 2026:
Nora Quist wrote:
Am 03.08.2026 um 10:01 schrieb Nora Quist:
Am 03.08.26 um 10:01 schrieb Nora Quist <nora.quist@example.com>:
Am Mo., 3. Aug. 2026 um 10:01 Uhr schrieb Nora Quist <nora.quist@example.com>:
Am Montag, 3. August 2026, 10:01 hat Nora Quist geschrieben:
Nora Quist schrieb am 03.08.2026:
El 3 ago 2026, a las 10:01, Nora Quist <nora.quist@example.com> escribió:
El lun, 3 ago 2026 a las 10:01, Nora Quist (<nora.quist@example.com>) escribió:
El lunes, 3 de agosto de 2026, Nora Quist escribió:
El 03/08/2026 a las 10:01, Nora Quist escribió:
Nora Quist escribió el 3 de agosto:
-----Original Message-----
----- Original Message -----
-------- Original Message --------
-------- Original message --------
-----Ursprüngliche Nachricht-----
-------- Ursprüngliche Nachricht --------
-----Mensaje original-----
-------- Mensaje original --------
---------- Forwarded message ---------
---------- Forwarded message ----------
--- Forwarded by Nora Quist ---
Begin forwarded message:
Anfang der weitergeleiteten Nachricht:
---------- Weitergeleitete Nachricht ---------
-------- Weitergeleitete Nachricht --------
-------- Forwarded Message --------
---------- Mensaje reenviado ---------
Inicio del mensaje reenviado:
-------- Mensaje reenviado --------
________________________________
From: Nora Quist <nora.quist@example.com>|Sent: Monday, August 3, 2026 10:01 AM|To: Quillmoor|Subject: Order
From: "Nora Quist" <nora.quist@example.com>|Date: Monday, 3 August 2026 at 10:01|To: Quillmoor|Subject: Order
Von: Nora Quist <nora.quist@example.com>|Gesendet: Montag, 3. August 2026 10:01|An: Quillmoor|Betreff: Bestellung
Von: Nora Quist|Datum: Montag, 3. August 2026 um 10:01|An: Quillmoor|Betreff: Bestellung
De: Nora Quist <nora.quist@example.com>|Enviado: lunes, 3 de agosto de 2026 10:01|Para: Quillmoor|Asunto: Pedido
De: Nora Quist|Fecha: lunes, 3 de agosto de 2026, 10:01|Para: Quillmoor|Asunto: Pedido
*From:* Nora Quist <nora.quist@example.com>|*Sent:* Monday, August 3, 2026 10:01 AM|*To:* Quillmoor|*Subject:* Order
________________________________|From: Nora Quist|Sent: Monday|Subject: cancel
--- Nora Quist wrote:
>>> Nora Quist 03.08.2026 10:01 >>>
"Nora Quist" <nora.quist@example.com> schrieb:
Gesendet: Montag, 03. August 2026 um 10:01 Uhr|Von: "Nora Quist" <nora.quist@example.com>|An: Quillmoor|Betreff: Bestellung
Sent from my iPhone||> On Aug 3, 2026, at 10:01, Nora Quist <nora.quist@example.com> wrote:
Sent from Yahoo Mail on Android||On Mon, Aug 3, 2026 at 10:01 AM, Nora Quist <nora.quist@example.com> wrote:
Von meinem iPhone gesendet||> Am 03.08.2026 um 10:01 schrieb Nora Quist:
Enviado desde mi iPhone||> El 3 ago 2026, a las 10:01, Nora Quist escribió:
Get Outlook for iOS|________________________________|From: Nora Quist <nora.quist@example.com>|Sent: Monday, August 3, 2026 10:01 AM|Subject: Order
Holen Sie sich Outlook für iOS|________________________________|Von: Nora Quist|Gesendet: Montag, 3. August 2026 10:01|Betreff: Bestellung
"""

ABOVE = {"en": "Thanks, all good now.", "de": "Danke, alles erledigt.", "es": "Gracias, ya está todo resuelto."}
BELOW = (
    "Please cancel order {P}, I no longer need it.",
    "Bitte stornieren Sie {P}, ich brauche es nicht mehr.",
    "Por favor, cancelen {P}, ya no lo necesito.",
)
